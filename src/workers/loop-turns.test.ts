import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ownTurn } from './loop-turns.ts';

/** @returns in which turn of the event loop each of them began */
async function turnsOf(callers: readonly string[]): Promise<Array<[string, number]>> {
  const began: Array<[string, number]> = [];
  let [turn, isDone] = [0, false];
  const counting = (async () => {
    for (; !isDone; turn++) await nextTurn();
  })();
  const begin = async (caller: string) => {
    expect(await ownTurn(caller, 1)).toBe(true);
    began.push([caller, turn]);
  };
  await Promise.all(callers.map(begin));
  isDone = true;
  await counting;
  return began;
}

describe('bodies that are read on the event loop', () => {
  it('begin at once when nobody else is there', async () => {
    expect(await turnsOf(['a'])).toEqual([['a', 0]]);
  });

  it('begin one in each turn, callers one after the other', async () => {
    const began = await turnsOf(['flood', 'flood', 'flood', 'flood', 'other']);
    expect(began.map(([caller]) => caller)).toEqual(['flood', 'other', 'flood', 'flood', 'flood']);
    const turns = began.map(([, turn]) => turn);
    expect(new Set(turns).size).toBe(turns.length);
  });

  it('do not begin when nobody waits for them any more', async () => {
    const abort = new AbortController();
    const first = ownTurn('a', 1);
    const second = ownTurn('a', 1, abort.signal);
    abort.abort();
    expect(await Promise.all([first, second])).toEqual([true, false]);
  });
});

import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ownTurn } from './loop-turns.ts';

/**
 * @param takesMs each, without a break
 * @returns in which turn of the event loop each of them began
 */
async function turnsOf(callers: readonly string[], takesMs = 0): Promise<Array<[string, number]>> {
  const began: Array<[string, number]> = [];
  let [turn, isDone] = [0, false];
  const counting = (async () => {
    for (; !isDone; turn++) await nextTurn();
  })();
  const begin = async (caller: string) => {
    expect(await ownTurn(caller, 1)).toBe(true);
    began.push([caller, turn]);
    // What is awaited and is there already is no break.
    await undefined;
    const until = performance.now() + takesMs;
    while (performance.now() < until);
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

  it('begin one in each turn if they take long, callers one after the other', async () => {
    const began = await turnsOf(['flood', 'flood', 'flood', 'flood', 'other'], 1.5);
    expect(began.map(([caller]) => caller)).toEqual(['flood', 'other', 'flood', 'flood', 'flood']);
    const turns = began.map(([, turn]) => turn);
    expect(new Set(turns).size).toBe(turns.length);
  });

  it('begin together as far as they fit into a millisecond', async () => {
    const callers = new Array<string>(2_000).fill('a');
    const turns = new Set((await turnsOf(callers, 0.01)).map(([, turn]) => turn));
    expect(turns.size).toBeGreaterThan(10);
    expect(turns.size).toBeLessThan(callers.length / 2);
  });

  it('have a millisecond again in the next turn', async () => {
    await turnsOf(['a'], 2);
    await nextTurn();
    const turns = (await turnsOf(new Array<string>(5).fill('a'))).map(([, turn]) => turn);
    expect(new Set(turns).size).toBeLessThan(5);
  });

  it('do not begin when nobody waits for them any more', async () => {
    const abort = new AbortController();
    const first = ownTurn('a', 1);
    const second = ownTurn('a', 1, abort.signal);
    abort.abort();
    expect(await Promise.all([first, second])).toEqual([true, false]);
  });
});

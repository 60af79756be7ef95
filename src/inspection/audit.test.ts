import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { auditsUnderWay, inspectBeside } from './audit.ts';
import type { Inspection } from './inspector.ts';
import { emptyStats } from './report/inspection-stats.ts';

const MIB = 1_048_576;
const ALLOWED: Inspection = { decision: { outcome: 'allowed' }, stats: emptyStats() };

/** An audit that goes on until it is ended, or loses its room. */
function audit(caller: string, bytes: number) {
  const ending = Promise.withResolvers<Inspection>();
  const seen: string[] = [];
  inspectBeside({
    caller,
    bytes,
    inspect(signal) {
      signal.addEventListener('abort', () => ending.reject(new Error('aborted')));
      return ending.promise;
    },
    done: (inspection) => seen.push(inspection ? 'done' : 'broken'),
    dropped: () => seen.push('dropped'),
  });
  return {
    seen,
    async end(result: Promise<Inspection> | Inspection = ALLOWED) {
      ending.resolve(result);
      await turn();
    },
  };
}

const endAll = (audits: { end(): Promise<void> }[]) => Promise.all(audits.map(({ end }) => end()));

describe('audits', () => {
  it('are told how they ended, or that they threw', async () => {
    const [one, other] = [audit('a', 10), audit('a', 0)];
    expect(auditsUnderWay()).toBe(2);
    await one.end();
    await other.end(Promise.reject(new Error('bug')));
    expect([one.seen, other.seen, auditsUnderWay()]).toEqual([['done'], ['broken'], 0]);
  });

  it('of one caller are 128 at once, or 64 MB, and more are dropped', async () => {
    const many = Array.from({ length: 129 }, () => audit('a', 10));
    expect(many[128]?.seen).toEqual(['dropped']);
    await endAll(many);
    const large = [audit('a', 40 * MIB), audit('a', 40 * MIB)];
    expect(large.map(({ seen }) => seen)).toEqual([[], ['dropped']]);
    await endAll(large);
    expect(auditsUnderWay()).toBe(0);
  });

  it.each([
    ['too many', 128, 10],
    ['too large', 2, 32 * MIB],
  ])('of one caller, %s, make room for another: the latest is dropped', async (_name, count, bytes) => {
    const flood = Array.from({ length: count }, () => audit('flood', bytes));
    const other = audit('other', 1_000);
    await turn();
    expect(flood.flatMap(({ seen }) => seen)).toEqual(['dropped']);
    expect(flood.at(-1)?.seen).toEqual(['dropped']);
    await other.end();
    expect(other.seen).toEqual(['done']);
    await endAll(flood);
    expect(auditsUnderWay()).toBe(0);
  });
});

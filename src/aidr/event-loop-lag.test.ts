import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { EventLoopLag } from './event-loop-lag.ts';

function keepBusy(milliseconds: number): void {
  for (const end = performance.now() + milliseconds; performance.now() < end; );
}

/** A busy machine can stall this process at any time, but not each time. */
const withinSomeTries = (measure: () => Promise<number>) =>
  expect.poll(measure, { timeout: 10_000, interval: 1 });

describe('a watch over stalls', () => {
  it('counts the time in which nothing else could run, at once and afterwards', async () => {
    const watch = new EventLoopLag();
    keepBusy(300);
    expect(watch.stalled).toBeGreaterThan(200);
    await sleep(50);
    keepBusy(300);
    expect(watch.stalled).toBeGreaterThan(450);
    watch.end();
  });

  it('does not count time in which others could run, nor what was before it', async () => {
    const other = new EventLoopLag();
    const stalled = async () => {
      keepBusy(300);
      const watch = new EventLoopLag();
      for (let turn = 0; turn < 20; turn++) {
        keepBusy(5);
        await sleep(5);
      }
      watch.end();
      return watch.stalled;
    };
    await withinSomeTries(stalled).toBeLessThan(150);
    expect(other.stalled).toBeGreaterThan(200);
    other.end();
  });

  it('goes on for others, and for those that come, after one has ended twice', async () => {
    const [given, other] = [new EventLoopLag(), new EventLoopLag()];
    given.end();
    given.end();
    const stalled = async (watch: EventLoopLag) => {
      const before = watch.stalled;
      await sleep(400);
      return watch.stalled - before;
    };
    await withinSomeTries(() => stalled(other)).toBeLessThan(150);
    other.end();
    const later = new EventLoopLag();
    await withinSomeTries(() => stalled(later)).toBeLessThan(150);
    later.end();
  });
});

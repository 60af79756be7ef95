import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FairScheduler, type Job, type SchedulerLimits } from './fair-scheduler.ts';

const REFUSED = 'refused';

/** A scheduler whose jobs end when they are told to. */
function jobs(limits: SchedulerLimits) {
  const scheduler = new FairScheduler(limits);
  const running: { caller: string; end: () => void }[] = [];
  const begun: string[] = [];
  const ended: string[] = [];
  return {
    scheduler,
    /** In the order in which they began. */
    begun,
    ended,
    running,
    runningOf: (caller: string) => running.filter((job) => job.caller === caller).length,
    submit(caller: string, more: Pick<Job<string>, 'signal' | 'cost'> = {}): Promise<string> {
      return scheduler.run({
        ...more,
        caller,
        refused: () => REFUSED,
        run() {
          begun.push(caller);
          const { promise, resolve } = Promise.withResolvers<string>();
          const job = { caller, end: () => resolve('done') };
          running.push(job);
          return promise.finally(() => running.splice(running.indexOf(job), 1));
        },
      });
    },
    /** The one that began first, of a caller or of all. */
    async end(caller?: string) {
      const job = running.find((one) => caller === undefined || one.caller === caller);
      if (job) ended.push(job.caller);
      job?.end();
      await turn();
    },
  };
}

describe('jobs', () => {
  it('of a caller that is alone have all places, and begin before the call returns', async () => {
    const { submit, running, begun, end, scheduler } = jobs({ places: 3, waiting: 10 });
    for (let i = 0; i < 4; i++) void submit('a');
    expect([running.length, scheduler.waiting]).toEqual([3, 1]);
    await end();
    expect([begun.length, running.length, scheduler.waiting]).toEqual([4, 3, 0]);
  });

  it('of a caller that comes later go before all others that wait', async () => {
    const { submit, begun, end } = jobs({ places: 4, waiting: 100 });
    for (let i = 0; i < 20; i++) void submit('flood');
    void submit('other');
    void submit('other');
    await end();
    await end();
    expect(begun.slice(4)).toEqual(['other', 'other']);
  });

  it('share the places as evenly as they can, however they came', async () => {
    const { submit, runningOf, end } = jobs({ places: 12, waiting: 100 });
    for (let i = 0; i < 40; i++) void submit('a');
    for (let i = 0; i < 40; i++) void submit('b');
    for (let i = 0; i < 2; i++) void submit('c');
    for (let i = 0; i < 12; i++) await end('a');
    expect(['a', 'b', 'c'].map(runningOf)).toEqual([5, 5, 2]);
  });

  it('take turns by what they cost where only one runs at once', async () => {
    const { submit, begun, end } = jobs({ places: 1, waiting: 100 });
    for (let i = 0; i < 5; i++) void submit('large', { cost: 10 });
    for (let i = 0; i < 20; i++) void submit('small', { cost: 1 });
    for (let i = 0; i < 12; i++) await end();
    expect(begun.filter((caller) => caller === 'large')).toHaveLength(2);
    expect(begun.slice(0, 2)).toEqual(['large', 'small']);
  });

  it('of somebody new do not go before those that waited as long as it takes to be served alike', async () => {
    const { submit, begun, end } = jobs({ places: 1, waiting: 100 });
    for (let i = 0; i < 30; i++) void submit('a');
    for (let i = 0; i < 30; i++) void submit('b');
    for (let i = 0; i < 20; i++) await end();
    for (let i = 0; i < 30; i++) void submit('c');
    for (let i = 0; i < 9; i++) await end();
    const since = begun.slice(21);
    expect(['a', 'b', 'c'].map((name) => since.filter((caller) => caller === name).length)).toEqual([
      3, 3, 3,
    ]);
  });
});

describe('spare places', () => {
  const limits = { places: 4, waiting: 100, sparePlaces: 3, spareEach: 2 };

  it('are for whoever runs next to nothing while others have all the others', () => {
    const { submit, runningOf } = jobs(limits);
    for (let i = 0; i < 10; i++) void submit('flood');
    for (let i = 0; i < 5; i++) void submit('b');
    for (let i = 0; i < 5; i++) void submit('c');
    expect(['flood', 'b', 'c'].map(runningOf)).toEqual([4, 2, 1]);
  });

  it('do not let whoever had all places have them again before they are back', async () => {
    const { submit, runningOf, end, running } = jobs(limits);
    for (let i = 0; i < 10; i++) void submit('flood');
    for (let i = 0; i < 2; i++) void submit('b');
    await end('flood');
    await end('flood');
    expect([running.length, runningOf('flood')]).toEqual([4, 2]);
    await end('flood');
    expect([running.length, runningOf('flood')]).toEqual([4, 2]);
  });
});

describe('a job', () => {
  it('that too many others wait before is refused, and not run', async () => {
    const { submit, scheduler, begun } = jobs({ places: 1, waiting: 2 });
    for (let i = 0; i < 3; i++) void submit('a');
    expect(await submit('a')).toBe(REFUSED);
    expect([scheduler.shortages('total'), begun.length]).toEqual([1, 1]);
  });

  it('of somebody else takes the place of the latest of whoever has most that wait', async () => {
    const { submit, scheduler, end, begun } = jobs({ places: 1, waiting: 2 });
    const flood = [submit('flood'), submit('flood'), submit('flood')];
    const other = submit('other');
    expect(await flood[2]).toBe(REFUSED);
    expect(scheduler.shortages('revoked')).toBe(1);
    for (let i = 0; i < 3; i++) await end();
    expect(await Promise.all([...flood.slice(0, 2), other])).toEqual(['done', 'done', 'done']);
    expect(begun).toEqual(['flood', 'other', 'flood']);
  });

  it('whose time is over is refused, and leaves the queue', async () => {
    const { submit, scheduler, end, begun } = jobs({ places: 1, waiting: 5 });
    const deadline = new AbortController();
    void submit('a');
    const waiting = submit('b', { signal: deadline.signal });
    deadline.abort();
    expect(await waiting).toBe(REFUSED);
    expect([scheduler.waiting, scheduler.callers]).toEqual([0, 1]);
    expect(await submit('c', { signal: deadline.signal })).toBe(REFUSED);
    await end();
    expect([begun, scheduler.callers]).toEqual([['a'], 0]);
  });

  it('that throws gives its place back', async () => {
    const scheduler = new FairScheduler({ places: 1, waiting: 5 });
    const bug = { caller: 'a', refused: () => REFUSED, run: () => Promise.reject(new TypeError('bug')) };
    const both = await Promise.allSettled([scheduler.run(bug), scheduler.run(bug)]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect([scheduler.running, scheduler.callers]).toEqual([0, 0]);
  });
});

const anyCaller = fc.constantFrom('a', 'b', 'c', 'd');
const anyStep = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('submit' as const), caller: anyCaller }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('end' as const), index: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('abort' as const), index: fc.nat(20) }) },
);

describe('whatever callers submit, finish and give up', () => {
  it('places are never more than there are, none stays free while somebody waits, and all comes back', async () => {
    const limits = { places: 3, waiting: 6, sparePlaces: 2, spareEach: 1 };
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 60 }), async (steps) => {
        const { scheduler, submit, running, runningOf } = jobs(limits);
        const waiting: { caller: string; abort: AbortController }[] = [];
        const results: Promise<string>[] = [];
        for (const step of steps) {
          if (step.do === 'submit') {
            const abort = new AbortController();
            const wasFull = scheduler.waiting === limits.waiting;
            const before = running.length;
            const result = submit(step.caller, { signal: abort.signal });
            results.push(result);
            if (running.length === before) {
              const entry = { caller: step.caller, abort };
              waiting.push(entry);
              void result.then(() => waiting.splice(waiting.indexOf(entry), 1));
              if (!wasFull) expect(scheduler.waiting).toBeGreaterThan(0);
            }
          } else if (step.do === 'end') {
            const job = running[step.index % Math.max(running.length, 1)];
            const others = new Set([...running].filter((one) => one !== job));
            job?.end();
            await turn();
            for (const begun of running.filter((one) => !others.has(one))) {
              const level = runningOf(begun.caller) - 1;
              for (const { caller } of waiting) expect(runningOf(caller)).toBeGreaterThanOrEqual(level);
            }
          } else waiting[step.index % Math.max(waiting.length, 1)]?.abort.abort();
          await turn();
          expect(running.length).toBe(scheduler.running);
          expect(running.length).toBeLessThanOrEqual(limits.places + limits.sparePlaces);
          expect(scheduler.waiting).toBeLessThanOrEqual(limits.waiting);
          if (scheduler.waiting > 0) expect(running.length).toBeGreaterThanOrEqual(limits.places);
        }
        while (running.length > 0) {
          running[0]?.end();
          await turn();
        }
        for (const result of await Promise.all(results)) expect(['done', REFUSED]).toContain(result);
        expect([scheduler.running, scheduler.waiting, scheduler.callers]).toEqual([0, 0, 0]);
      }),
      { numRuns: 150 },
    );
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { JobHost, JobRequest } from './job.ts';
import { type PoolOptions, WorkerPool } from './worker-pool.ts';

const OPTIONS: PoolOptions = {
  file: new URL('../../testkit/workers/misbehaving-thread.ts', import.meta.url),
  maxThreads: 1,
  maxWaiting: 100,
  maxWaitingBytes: 1_000_000,
  maxWaitMs: 20_000,
  maxIdleMs: 20_000,
  maxStartMs: 20_000,
  maxStretchMs: 400,
  maxComputingMs: 20_000,
  maxSilenceMs: 20_000,
  maxBytes: 1_000_000,
  resources: { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 8 },
};

const pools: WorkerPool[] = [];
afterEach(() => {
  for (const pool of pools.splice(0)) pool.close();
});

function poolWith(options: Partial<PoolOptions> = {}): WorkerPool {
  const pool = new WorkerPool({ ...OPTIONS, ...options });
  pools.push(pool);
  return pool;
}

/** Answers with what was asked. */
const ECHO: JobHost = { answer: async (value) => ({ value }), hear: () => undefined };

function job(task: string, input: unknown = undefined, more: Partial<JobRequest> = {}): JobRequest {
  return { task, caller: 'a', input: () => ({ value: input }), bytes: 1, host: ECHO, ...more };
}

/** Answers when it is told to, and counts how often it was asked. */
function patientHost() {
  const { promise, resolve } = Promise.withResolvers<void>();
  const host = { asked: 0, hear: () => undefined, release: resolve };
  const answer = async (value: unknown) => {
    host.asked += 1;
    await promise;
    return { value };
  };
  return Object.assign(host, { answer });
}

const NONE = { start: 0, computing: 0, silence: 0, memory: 0, exit: 0 };
const done = (output: unknown) => ({ ok: true, output });
const refused = (refusal: string) => ({ ok: false, refusal });

describe('a job', () => {
  it('gets what was given to it, asks, tells, and gives back', async () => {
    const pool = poolWith();
    const heard: unknown[] = [];
    const host = { ...ECHO, hear: (what: unknown) => void heard.push(what) };
    expect(await pool.run(job('echo', { text: 'ü', bytes: new Uint8Array([1]) }))).toEqual(
      done({ text: 'ü', bytes: new Uint8Array([1]) }),
    );
    expect(await pool.run(job('asks', ['what']))).toEqual(done(['what']));
    expect(await pool.run(job('tells', 'news', { host }))).toEqual(done('told'));
    await expect.poll(() => heard).toEqual(['news']);
  });

  it('can give back a lot', async () => {
    const result = await poolWith().run(job('isHuge', 64_000_000));
    expect(result.ok && (result.output as Uint8Array).length).toBe(64_000_000);
  });

  it.each([
    ['throws', 'TypeError at'],
    ['cannotBeSent', 'DataCloneError'],
    ['isUnknown', 'Error at'],
  ])('that %s fails as a bug does, without its message, and the thread goes on', async (task, place) => {
    const pool = poolWith();
    const error: unknown = await pool.run(job(task)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: expect.stringContaining(place), message: '' });
    expect(String(error)).not.toContain('secret');
    expect(await pool.run(job('echo', 1))).toEqual(done(1));
    expect(pool.state.replacements).toEqual(NONE);
  });
});

describe('a job that does not come to an end', () => {
  it.each([
    ['hangs', {}, 'computed_too_long', 'computing'],
    ['asksAndHangs', {}, 'computed_too_long', 'computing'],
    ['isBusyWithRests', { maxComputingMs: 600 }, 'computed_too_long', 'computing'],
    ['waitsForNothing', { maxSilenceMs: 600 }, 'computed_too_long', 'silence'],
    ['takesAllMemory', { maxStretchMs: 20_000 }, 'thread_ended', 'memory'],
    ['exits', {}, 'thread_ended', 'exit'],
  ] as const)('because it %s is refused, and its thread replaced', async (task, options, refusal, reason) => {
    const pool = poolWith(options);
    expect(await pool.run(job(task, 60_000))).toEqual(refused(refusal));
    expect(pool.state.replacements).toEqual({ ...NONE, [reason]: 1 });
    expect(await pool.run(job('echo', 1))).toEqual(done(1));
    expect(pool.state).toMatchObject({ threads: 1, jobsInFlight: 0, jobsWaiting: 0 });
  });

  it('because of something that went off while it waited is begun anew, as nobody is to blame, and refused then', async () => {
    const pool = poolWith();
    const host = { ...ECHO, answer: () => new Promise<never>(() => undefined) };
    expect(await pool.run(job('leavesABomb', undefined, { host }))).toEqual(refused('thread_ended'));
    expect(pool.state.replacements).toEqual({ ...NONE, exit: 2 });
    expect(await pool.run(job('echo', 1))).toEqual(done(1));
  });

  it('costs the others in its thread nothing: they are begun anew', async () => {
    const pool = poolWith();
    const host = patientHost();
    const parked = [1, 2, 3].map((value) => pool.run(job('asks', value, { host })));
    await expect.poll(() => host.asked).toBe(3);
    expect(await pool.run(job('hangs'))).toEqual(refused('computed_too_long'));
    await expect.poll(() => host.asked).toBe(6);
    host.release();
    expect(await Promise.all(parked)).toEqual([done(1), done(2), done(3)]);
  });

  it('takes others with it that were with one before', async () => {
    const pool = poolWith();
    const host = patientHost();
    const parked = pool.run(job('asks', 1, { host }));
    for (const asked of [1, 2]) {
      await expect.poll(() => host.asked).toBe(asked);
      expect(await pool.run(job('hangs'))).toEqual(refused('computed_too_long'));
    }
    expect(await parked).toEqual(refused('thread_ended'));
    expect(pool.state.jobsInFlight).toBe(0);
  });

  it('keeps nobody waiting where there is a second thread', async () => {
    const pool = poolWith({ maxThreads: 2, maxStretchMs: 5_000 });
    await pool.run(job('echo'));
    const hanging = pool.run(job('hangs'));
    await sleep(50);
    expect(await pool.run(job('echo', 1))).toEqual(done(1));
    expect(pool.state).toMatchObject({ threads: 2, jobsInFlight: 1 });
    pool.close();
    expect(await hanging).toEqual(refused('cancelled'));
  });
});

describe('what takes its time, but comes to an end', () => {
  it.each([
    ['several stretches, each of them short', 'isBusyWithRests', 1_000],
    ['one stretch below the limit', 'isBusy', 150],
  ])('is done: %s', async (_name, task, milliseconds) => {
    expect(await poolWith().run(job(task, milliseconds))).toEqual(done(undefined));
  });

  it('is done when it waits for an answer longer than it may compute', async () => {
    const pool = poolWith({ maxStretchMs: 100, maxComputingMs: 200, maxSilenceMs: 300 });
    const host = patientHost();
    const waiting = pool.run(job('asks', 1, { host }));
    await expect.poll(() => host.asked).toBe(1);
    await sleep(700);
    host.release();
    expect(await waiting).toEqual(done(1));
  });
});

describe('a job that has to wait', () => {
  /** Until it is released, nothing begins. */
  async function occupied(options: Partial<PoolOptions> = {}) {
    const pool = poolWith({ maxBytes: 1, ...options });
    const host = patientHost();
    const first = pool.run(job('asks', 'first', { host }));
    await expect.poll(() => host.asked).toBe(1);
    return { pool, host, first };
  }

  it('begins when there is room, in the order of coming', async () => {
    const { pool, host, first } = await occupied();
    const order: unknown[] = [];
    const waiting = [1, 2, 3].map((value) => pool.run(job('echo', value)).then(() => order.push(value)));
    expect(pool.state).toMatchObject({ jobsInFlight: 1, jobsWaiting: 3, jobsBegun: 1 });
    host.release();
    await Promise.all([first, ...waiting]);
    expect(order).toEqual([1, 2, 3]);
    expect(pool.state).toMatchObject({ jobsInFlight: 0, jobsWaiting: 0, jobsBegun: 4 });
    expect(pool.state.waitedMs).toBeGreaterThan(0);
  });

  it.each([
    ['jobs', { maxWaiting: 1 }],
    ['bytes', { maxWaitingBytes: 1 }],
  ])('is refused when too many %s wait already', async (_what, options) => {
    const { pool, host, first } = await occupied(options);
    const waiting = pool.run(job('echo', 1));
    expect(await pool.run(job('echo', 2))).toEqual(refused('queue_full'));
    host.release();
    expect(await Promise.all([first, waiting])).toEqual([done('first'), done(1)]);
    expect(await pool.run(job('echo', 3))).toEqual(done(3));
  });

  it('is refused when it waited too long', async () => {
    const { pool } = await occupied({ maxWaitMs: 1_500 });
    expect(await pool.run(job('echo'))).toEqual(refused('waited_too_long'));
    expect(pool.state).toMatchObject({ jobsInFlight: 1, jobsWaiting: 0 });
  });

  it('is taken back when nobody waits for it any more', async () => {
    const { pool, host, first } = await occupied({ maxWaiting: 1 });
    const abort = new AbortController();
    const waiting = pool.run(job('hangs', undefined, { signal: abort.signal }));
    abort.abort();
    expect(await waiting).toEqual(refused('cancelled'));
    expect(await pool.run(job('echo', 1, { signal: abort.signal }))).toEqual(refused('cancelled'));
    host.release();
    expect(await first).toEqual(done('first'));
    expect(await pool.run(job('echo', 1))).toEqual(done(1));
  });
});

describe('callers', () => {
  it('take turns by what is computed for them: whoever comes later does not wait for all that another one sent', async () => {
    const pool = poolWith();
    await pool.run(job('echo'));
    const order: string[] = [];
    const run = (caller: string, milliseconds: number) =>
      pool.run(job('isBusy', milliseconds, { caller })).then(() => order.push(caller));
    const flood = Array.from({ length: 6 }, () => run('flood', 60));
    await sleep(30);
    await Promise.all([...flood, run('other', 1), run('other', 1), run('third', 1)]);
    expect(order.slice(0, 5)).toEqual(['flood', 'other', 'third', 'other', 'flood']);
  });

  it('share the room in the threads: the latest of whoever has most of it makes way', async () => {
    const pool = poolWith({ maxBytes: 100 });
    const host = patientHost();
    const begin = async (caller: string, bytes: number) => {
      const asked = host.asked;
      const result = pool.run(job('asks', caller, { caller, bytes, host }));
      await expect.poll(() => host.asked).toBe(asked + 1);
      return { result };
    };
    const kept = await begin('flood', 50);
    const latest = await begin('flood', 50);
    const other = await begin('other', 40);
    expect(await latest.result).toEqual(refused('displaced'));
    const waiting = pool.run(job('echo', 1, { caller: 'other', bytes: 50 }));
    await sleep(250);
    expect(pool.state.jobsWaiting).toBe(1);
    host.release();
    expect(await Promise.all([kept.result, other.result, waiting])).toEqual([
      ...[done('flood'), done('other'), done(1)],
    ]);
  });

  it('share the room for those that wait, likewise', async () => {
    const pool = poolWith({ maxBytes: 1, maxWaiting: 2 });
    const host = patientHost();
    const first = pool.run(job('asks', 0, { host }));
    await expect.poll(() => host.asked).toBe(1);
    const flood = [1, 2].map((value) => pool.run(job('echo', value, { caller: 'flood' })));
    const other = pool.run(job('echo', 3, { caller: 'other' }));
    expect(await flood[1]).toEqual(refused('displaced'));
    host.release();
    expect(await Promise.all([first, flood[0], other])).toEqual([done(0), done(1), done(3)]);
  });

  it('do not wait for one whose body fits in nowhere yet', async () => {
    const pool = poolWith({ maxBytes: 10 });
    const host = patientHost();
    const first = pool.run(job('asks', 0, { host, bytes: 5 }));
    await expect.poll(() => host.asked).toBe(1);
    const large = pool.run(job('echo', 1, { caller: 'large', bytes: 50 }));
    expect(await pool.run(job('echo', 2, { caller: 'other', bytes: 5 }))).toEqual(done(2));
    host.release();
    expect(await Promise.all([first, large])).toEqual([done(0), done(1)]);
  });
});

describe('threads', () => {
  it('are started when there is a job, and end when there was none for a while', async () => {
    const pool = poolWith({ maxIdleMs: 100 });
    expect(pool.state.threads).toBe(0);
    for (let round = 0; round < 2; round++) {
      expect(await pool.run(job('echo', round))).toEqual(done(round));
      expect(pool.state.threads).toBe(1);
      await expect.poll(() => pool.state.threads).toBe(0);
    }
    expect(pool.state.replacements).toEqual(NONE);
  });

  it('are shared by jobs that wait for answers, as far as their bytes allow', async () => {
    const pool = poolWith({ maxThreads: 2, maxBytes: 10 });
    const host = patientHost();
    const all = [4, 4, 4, 40].map((bytes) => pool.run(job('asks', bytes, { host, bytes })));
    // The last one is alone in no thread yet.
    await expect.poll(() => host.asked).toBe(3);
    await sleep(50);
    expect(pool.state).toMatchObject({ threads: 2, jobsInFlight: 3, jobsWaiting: 1 });
    host.release();
    expect(await Promise.all(all)).toEqual([4, 4, 4, 40].map(done));
  });

  it.each<[string, Partial<PoolOptions>]>([
    ['whose file is no longer what the process was made of', { isFileUnchanged: () => false }],
    ['whose file is not there', { file: new URL('./nothing.ts', import.meta.url) }],
    [
      'that do not become ready',
      { file: new URL('data:text/javascript,setInterval(() => {}, 1000)'), maxStartMs: 0 },
    ],
  ])('%s take no jobs, and nobody waits for them', async (_name, options) => {
    const pool = poolWith(options);
    expect(await Promise.all([pool.run(job('echo')), pool.run(job('echo'))])).toEqual([
      refused('no_thread'),
      refused('no_thread'),
    ]);
    expect(pool.state).toMatchObject({ threads: 0, jobsWaiting: 0 });
  });

  it('that are closed refuse what was under way and what waited', async () => {
    const pool = poolWith({ maxBytes: 1 });
    const host = patientHost();
    const jobs = [job('asks', 1, { host }), job('echo'), job('echo')].map((one) => pool.run(one));
    await expect.poll(() => host.asked).toBe(1);
    pool.close();
    expect(await Promise.all(jobs)).toEqual(jobs.map(() => refused('cancelled')));
    expect(pool.state).toMatchObject({ threads: 0, jobsInFlight: 0, jobsWaiting: 0 });
  });
});

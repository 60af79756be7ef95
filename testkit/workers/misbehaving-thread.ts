/** A worker thread whose jobs misbehave, for the tests of the pool. */
import { type JobServices, serveJobs, type TaskResult } from '../../src/workers/thread.ts';

const given = (output: unknown): TaskResult => ({ output, transfer: [] });

function busyFor(milliseconds: number): void {
  for (const end = performance.now() + milliseconds; performance.now() < end; );
}

serveJobs({
  echo: async (input: unknown) => given(input),
  throws: async () => {
    throw new TypeError('secret');
  },
  hangs: async () => {
    for (;;);
  },
  asksAndHangs: async (what: unknown, { ask }: JobServices) => {
    await ask(what);
    for (;;);
  },
  waitsForNothing: () => new Promise<TaskResult>(() => undefined),
  asks: async (what: unknown, { ask }: JobServices) => given(await ask(what)),
  tells: async (what: unknown, { tell }: JobServices) => {
    tell(() => what);
    return given('told');
  },
  isBusy: async (milliseconds: number) => given(busyFor(milliseconds)),
  isBusyWithRests: async (milliseconds: number, { rest }: JobServices) => {
    for (const end = performance.now() + milliseconds; performance.now() < end; await rest()) busyFor(20);
    return given(undefined);
  },
  takesAllMemory: async () => {
    const kept: unknown[] = [];
    for (;;) kept.push(Array.from({ length: 1_000 }, (_, index) => ({ index })));
  },
  exits: async () => process.exit(3),
  leavesABomb: async (_: unknown, { ask }: JobServices) => {
    setImmediate(() => {
      throw new Error('secret');
    });
    return given(await ask('never'));
  },
  isHuge: async (size: number) => {
    const bytes = new Uint8Array(size).fill(7);
    return { output: bytes, transfer: [bytes.buffer] };
  },
  cannotBeSent: async () => given(() => undefined),
});

/**
 * Whether reading takes time in proportion to the size, whatever the body: pieces of it, chosen and repeated at random,
 * make one of 16 KB and one of 1 MB, and a byte of the larger one must not cost much more.
 */
import { type Arbitrary, array, constantFrom, record } from 'fast-check';
import type { Growth } from './target.ts';

const SMALL = 16_384;
const LARGE = 1_048_576;
/** Anything that is not linear is 64 times as slow there, or log 64 = 6 times at the least. */
const MAX_FACTOR = 5;
/** Nanoseconds a byte that are never too much: what is refused at once has no time to compare with. */
const FLOOR = 60;
/** Nanoseconds: shorter measurements say nothing. */
const LONG_ENOUGH = 2_000_000;
/** A busy machine disturbs one measurement, not each of them. */
const TRIES = 4;
/** Times the limit, which no disturbance explains a second time. */
const HOPELESS = 3;

interface Grown {
  before: string[];
  repeated: string[];
  after: string[];
}

export function anyGrowth({ pieces }: Growth): Arbitrary<Grown> {
  const piece = constantFrom(...pieces);
  return record({
    before: array(piece, { maxLength: 4 }),
    repeated: array(piece, { minLength: 1, maxLength: 4 }),
    after: array(piece, { maxLength: 3 }),
  });
}

/**
 * @param clock nanoseconds
 * @throws Error naming the two speeds
 */
export function checkGrowth({ read }: Growth, grown: Grown, clock = threadNanoseconds): void {
  const [small, large] = [bodyOf(grown, SMALL), bodyOf(grown, LARGE)];
  let [slow, fast] = [0, 0];
  for (let attempt = 0; attempt < TRIES; attempt++) {
    fast = nanosecondsPerByte(read, small, clock);
    slow = nanosecondsPerByte(read, large, clock);
    const limit = MAX_FACTOR * Math.max(fast, FLOOR);
    if (slow <= limit) return;
    if (attempt > 0 && slow > HOPELESS * limit) break;
  }
  throw new Error(
    `time is not linear: a byte of ${large.length} takes ${slow.toFixed(0)} ns, of ${small.length} ${fast.toFixed(0)} ns`,
  );
}

function bodyOf({ before, repeated, after }: Grown, size: number): Buffer {
  const unit = repeated.join('');
  return Buffer.from(
    before.join('') + unit.repeat(Math.ceil(size / Math.max(1, unit.length))) + after.join(''),
  );
}

function nanosecondsPerByte(read: Growth['read'], body: Uint8Array, clock: () => number): number {
  let [spent, bytes] = [0, 0];
  while (spent < LONG_ENOUGH) {
    const before = clock();
    read(body);
    spent += clock() - before;
    bytes += body.length;
  }
  return spent / bytes;
}

/** CPU time of this thread, so that other processes do not count. */
export function threadNanoseconds(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) * 1_000;
}

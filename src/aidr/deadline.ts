/** The one deadline of an inspection: whatever it asks of AIDR, retries and polls included, ends with it. */
import { EventLoopLag } from './event-loop-lag.ts';

/** How much of the time has passed when an inspection counts as slow. */
const SLOW_SHARE = 0.6;
/**
 * How much of the time may be lost to this process's own stalls before a missing answer is no longer AIDR's fault. It is
 * half of what a slow inspection has left, so that the health probe had the other half at least.
 */
const STALLED_SHARE = (1 - SLOW_SHARE) / 2;

export class Deadline {
  readonly #abort = new AbortController();
  readonly #timeout: number;
  readonly #at: number;
  readonly #timer: NodeJS.Timeout;
  readonly #stalls = new EventLoopLag();
  #lost = 0;

  /** @param timeout milliseconds from now */
  constructor(timeout: number) {
    this.#timeout = timeout;
    this.#at = performance.now() + timeout;
    this.#timer = setTimeout(() => this.#abort.abort(), timeout);
  }

  /** Aborts at the deadline, or when the inspection is over. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Milliseconds that are left. */
  get remaining(): number {
    return this.#at - performance.now();
  }

  /** Milliseconds until the inspection counts as slow: zero or less when it does. */
  get untilSlow(): number {
    return this.remaining - this.#timeout * (1 - SLOW_SHARE);
  }

  /** This process was so busy with something else that AIDR had not the time it was promised. */
  get wasStalled(): boolean {
    return this.#stalls.stalled + this.#lost > this.#timeout * STALLED_SHARE;
  }

  /** So many milliseconds passed before AIDR could be asked, and that was this process's doing. */
  lose(milliseconds: number): void {
    this.#lost += milliseconds;
  }

  /** The inspection is over: what still runs for it is aborted. */
  end(): void {
    clearTimeout(this.#timer);
    this.#stalls.end();
    this.#abort.abort(OVER);
  }
}

/** Made once: without a reason of ours each abort would make an exception with a stack trace. */
const OVER = new Error('the inspection is over');

/**
 * @param limit milliseconds
 * @returns undefined when the work takes longer: it goes on, and nobody waits for it
 */
export async function within<Result>(limit: number, work: Promise<Result>): Promise<Result | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), limit);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Jobs that wait for a thread. The next one is that of the caller that the threads have computed least for. */
import { FairBudget, type Reservation, type Shortage } from '../fair-share/fair-budget.ts';
import type { Job } from './job.ts';

export interface QueueLimits {
  /** How many may wait; one more than that takes the place of the latest of whoever has most of them. */
  maxWaiting: number;
  /** Of their bodies, likewise. */
  maxWaitingBytes: number;
}

export class JobQueue {
  readonly #places: FairBudget;
  readonly #bytes: FairBudget;
  /** By caller, in the order of coming. */
  readonly #waiting = new Map<string, Job[]>();
  readonly #room = new Map<Job, Reservation[]>();
  /** Milliseconds that were computed for each caller, counted from where the others were when it came. */
  readonly #computedMs = new Map<string, number>();
  /** What had been computed for the caller that began last. */
  #level = 0;

  constructor({ maxWaiting, maxWaitingBytes }: QueueLimits) {
    this.#places = new FairBudget(maxWaiting);
    this.#bytes = new FairBudget(maxWaitingBytes);
  }

  get length(): number {
    return this.#jobs.length;
  }

  /** How often a job could not wait, or no longer. */
  shortages(why: Shortage): number {
    return this.#places.shortages(why) + this.#bytes.shortages(why);
  }

  /** @returns false when there is no room, and nobody else has more than the caller would have */
  add(job: Job): boolean {
    const { caller, bytes } = job.request;
    const displace = () => {
      if (this.remove(job)) job.refuse('displaced');
    };
    const place = this.#places.reserve(caller, 1, displace);
    const room = place && this.#bytes.reserve(caller, bytes, displace);
    if (!room) {
      place?.release();
      return false;
    }
    this.#room.set(job, [place, room]);
    this.#of(caller).push(job);
    return true;
  }

  /** It has waited before, and lost its thread: it comes first of its caller's, whether there is room or not. */
  putBack(job: Job): void {
    this.#of(job.request.caller).unshift(job);
  }

  /**
   * The one place where it is decided whose turn it is.
   *
   * @param begin returns whether the job begins: whether a thread has room for it
   * @returns undefined when nobody can begin now
   */
  next(begin: (job: Job) => boolean): Job | undefined {
    const callers = [...this.#waiting.keys()].sort((a, b) => this.#computedFor(a) - this.#computedFor(b));
    for (const caller of callers) {
      const [first] = this.#waiting.get(caller) ?? [];
      if (!first || !begin(first)) continue;
      this.remove(first);
      this.#level = Math.max(this.#level, this.#computedFor(caller));
      return first;
    }
    return undefined;
  }

  /** @param milliseconds that a thread has computed for the caller */
  charge(caller: string, milliseconds: number): void {
    this.#computedMs.set(caller, this.#computedFor(caller) + milliseconds);
  }

  /** Whoever has had no more than the others is as good as new. */
  forgetCallers(): void {
    for (const [caller, milliseconds] of this.#computedMs) {
      if (milliseconds <= this.#level) this.#computedMs.delete(caller);
    }
  }

  /** @returns whether it waited */
  remove(job: Job): boolean {
    const { caller } = job.request;
    const jobs = this.#waiting.get(caller) ?? [];
    const at = jobs.indexOf(job);
    if (at === -1) return false;
    jobs.splice(at, 1);
    if (jobs.length === 0) this.#waiting.delete(caller);
    for (const reservation of this.#room.get(job) ?? []) reservation.release();
    this.#room.delete(job);
    return true;
  }

  /** Takes out who has waited since before. */
  takeOlderThan(time: number): Job[] {
    const late = this.#jobs.filter(({ queuedAt }) => queuedAt < time);
    for (const job of late) this.remove(job);
    return late;
  }

  get #jobs(): Job[] {
    return [...this.#waiting.values()].flat();
  }

  #of(caller: string): Job[] {
    const jobs = this.#waiting.get(caller) ?? [];
    this.#waiting.set(caller, jobs);
    // Nobody saves up time for later.
    this.#computedMs.set(caller, Math.max(this.#computedFor(caller), jobs.length === 0 ? this.#level : 0));
    return jobs;
  }

  #computedFor(caller: string): number {
    return this.#computedMs.get(caller) ?? this.#level;
  }
}

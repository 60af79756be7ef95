/**
 * Who may run now, where only so many may at once, such as calls on connections or jobs on worker threads. Whoever comes
 * first may have all places. While others wait, each place that becomes free goes to the caller that runs least; among
 * those that run as much, to the one that was given least since all of them began to wait. So a caller's queue delays
 * nobody but itself.
 *
 * A few places beside the limit are for callers that run next to nothing: a caller that came first and keeps all the
 * others for seconds does not keep everybody waiting.
 */
import { FairBudget, type Shortage } from './fair-budget.ts';

export interface SchedulerLimits {
  /** How many run at once. */
  places: number;
  /** How many may wait; one more than that takes the place of the latest of whoever has most of them. */
  waiting: number;
  /** How many more run at once when all places are taken, */
  sparePlaces?: number;
  /** of callers that run less than that. */
  spareEach?: number;
}

export interface Job<Result> {
  caller: string;
  /** Whoever waits for the job gives up when it aborts; a job that has begun has to look itself. */
  signal?: AbortSignal;
  /** What it takes, compared with others, as far as that is known before: 1 without. */
  cost?: number;
  run(): Promise<Result>;
  /** What it comes to when it will not run: too many wait, or it waited for too long. */
  refused(): Result;
}

interface Queue {
  readonly caller: string;
  running: number;
  /** How much it was given; those that come later begin where the others are. */
  given: number;
  /** Those that wait. The next is the first. */
  readonly waiting: Set<Waiting>;
}

interface Waiting {
  begin(): void;
}

export class FairScheduler {
  readonly #limits: Required<SchedulerLimits>;
  readonly #queues = new Map<string, Queue>();
  readonly #waiting: FairBudget;
  #running = 0;
  /** What the caller had been given that ran last. */
  #given = 0;

  constructor({ places, waiting, sparePlaces = 0, spareEach = 0 }: SchedulerLimits) {
    this.#limits = { places, waiting, sparePlaces, spareEach };
    this.#waiting = new FairBudget(waiting);
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.held;
  }

  /** Callers that run or wait. */
  get callers(): number {
    return this.#queues.size;
  }

  /** How often a job was not run because too many waited. */
  shortages(why: Shortage): number {
    return this.#waiting.shortages(why);
  }

  /** Runs the job, before this returns if there is a place. */
  run<Result>(job: Job<Result>): Promise<Result> {
    if (job.signal?.aborted) return Promise.resolve(job.refused());
    const queue = this.#queueOf(job.caller);
    return this.#hasPlaceFor(queue) ? this.#begin(queue, job) : this.#wait(queue, job);
  }

  #queueOf(caller: string): Queue {
    const known = this.#queues.get(caller);
    if (known) return known;
    const queue = { caller, running: 0, given: this.#given, waiting: new Set<Waiting>() };
    this.#queues.set(caller, queue);
    return queue;
  }

  #hasPlaceFor({ running }: Queue): boolean {
    const { places, sparePlaces, spareEach } = this.#limits;
    if (this.#running < places) return true;
    return running < spareEach && this.#running < places + sparePlaces;
  }

  async #begin<Result>(queue: Queue, { cost = 1, run }: Pick<Job<Result>, 'cost' | 'run'>): Promise<Result> {
    this.#running += 1;
    queue.running += 1;
    this.#given = Math.max(this.#given, queue.given);
    queue.given += cost;
    try {
      return await run();
    } finally {
      this.#running -= 1;
      queue.running -= 1;
      this.#forgetIfIdle(queue);
      this.#beginWaiting();
    }
  }

  #wait<Result>(queue: Queue, job: Job<Result>): Promise<Result> {
    const { promise, resolve } = Promise.withResolvers<Result>();
    const leave = () => {
      job.signal?.removeEventListener('abort', giveUp);
      place?.release();
      queue.waiting.delete(waiting);
    };
    const giveUp = () => {
      leave();
      this.#forgetIfIdle(queue);
      resolve(job.refused());
    };
    const begin = () => {
      leave();
      resolve(this.#begin(queue, job));
    };
    const waiting = { begin };
    const place = this.#waiting.reserve(queue.caller, 1, giveUp);
    if (!place) {
      this.#forgetIfIdle(queue);
      return Promise.resolve(job.refused());
    }
    queue.waiting.add(waiting);
    job.signal?.addEventListener('abort', giveUp);
    return promise;
  }

  #beginWaiting(): void {
    for (let next = this.#next(); next && this.#hasPlaceFor(next); next = this.#next()) {
      const [first] = next.waiting;
      first?.begin();
    }
  }

  /** Of those that wait. Nobody else gets a place where it gets none: they run no less. */
  #next(): Queue | undefined {
    let next: Queue | undefined;
    for (const queue of this.#queues.values()) {
      if (queue.waiting.size > 0 && (!next || isBefore(queue, next))) next = queue;
    }
    return next;
  }

  #forgetIfIdle({ caller, running, waiting }: Queue): void {
    if (running === 0 && waiting.size === 0) this.#queues.delete(caller);
  }
}

function isBefore(one: Queue, other: Queue): boolean {
  return one.running < other.running || (one.running === other.running && one.given < other.given);
}

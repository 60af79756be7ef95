/**
 * Worker threads for what takes long to compute, so that it keeps nobody else waiting: started when they are needed,
 * ended when nobody needs them. A job that does not come to an end is refused, alone, and its thread is replaced; other
 * jobs that were in that thread are begun anew in another one, once.
 */
import type { Shortage } from '../fair-share/fair-budget.ts';
import { Job, type JobRefusal, type JobRequest, type JobResult } from './job.ts';
import { JobQueue, type QueueLimits } from './job-queue.ts';
import {
  type Loss,
  PooledWorker,
  REPLACEMENT_REASONS,
  type ReplacementReason,
  type WorkerLimits,
} from './pooled-worker.ts';

export interface PoolOptions extends QueueLimits, WorkerLimits {
  /** What a thread runs: it has to call `serveJobs`. */
  file: string | URL;
  maxThreads: number;
  /** Milliseconds that a job may wait for a thread. */
  maxWaitMs: number;
  /** Milliseconds without a job, after which a thread ends. */
  maxIdleMs: number;
  /** Whether what `file` holds is still what this process was made of. */
  isFileUnchanged?: () => boolean;
}

export interface PoolState {
  threads: number;
  jobsInFlight: number;
  jobsWaiting: number;
  /** All that have begun, and the milliseconds that they waited together. */
  jobsBegun: number;
  waitedMs: number;
  replacements: Record<ReplacementReason, number>;
}

/** Milliseconds between two looks at what the threads do. */
const LOOK_EVERY = 100;

export class WorkerPool {
  readonly #options: PoolOptions;
  readonly #queue: JobQueue;
  readonly #workers = new Map<PooledWorker, NodeJS.Timeout | undefined>();
  readonly #replacements = Object.fromEntries(REPLACEMENT_REASONS.map((reason) => [reason, 0])) as Record<
    ReplacementReason,
    number
  >;
  #jobsBegun = 0;
  #waitedMs = 0;
  #watch: NodeJS.Timeout | undefined;
  #lastLook = 0;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#queue = new JobQueue(options);
  }

  get state(): PoolState {
    return {
      threads: this.#workers.size,
      jobsInFlight: this.#jobsInFlight,
      jobsWaiting: this.#queue.length,
      jobsBegun: this.#jobsBegun,
      waitedMs: this.#waitedMs,
      replacements: { ...this.#replacements },
    };
  }

  /** How often there was no room to wait in. */
  shortages(why: Shortage): number {
    return this.#queue.shortages(why);
  }

  /** Rejects with a JobError when the job threw. */
  async run(request: JobRequest): Promise<JobResult> {
    const { signal } = request;
    if (signal?.aborted) return { ok: false, refusal: 'cancelled' };
    const job = new Job(request);
    if (!this.#queue.add(job)) return { ok: false, refusal: 'queue_full' };
    const cancel = () => {
      if (this.#queue.remove(job)) job.refuse('cancelled');
    };
    signal?.addEventListener('abort', cancel);
    try {
      this.#watchOver();
      this.#beginNext();
      return await job.result;
    } finally {
      signal?.removeEventListener('abort', cancel);
      this.#rest();
    }
  }

  /** Refuses all jobs, and ends the threads. */
  close(): void {
    this.#refuseAll('cancelled');
    for (const worker of this.#workers.keys()) {
      for (const job of worker.takeJobs()) job.refuse('cancelled');
      this.#forget(worker);
      worker.end();
    }
    clearInterval(this.#watch);
    this.#watch = undefined;
  }

  #refuseAll(refusal: JobRefusal): void {
    for (const job of this.#queue.takeOlderThan(Number.POSITIVE_INFINITY)) job.refuse(refusal);
  }

  get #jobsInFlight(): number {
    return [...this.#workers.keys()].reduce((sum, { jobCount }) => sum + jobCount, 0);
  }

  #beginNext(): void {
    const begin = (job: Job) => this.#begin(job);
    for (let job = this.#queue.next(begin); job; job = this.#queue.next(begin)) {
      this.#jobsBegun += 1;
      this.#waitedMs += performance.now() - job.queuedAt;
    }
    if (this.#workers.size === 0) this.#refuseAll('no_thread');
  }

  /** @returns whether a thread has begun with it */
  #begin(job: Job): boolean {
    const worker = this.#workerFor(job);
    if (!worker?.start(job)) return false;
    clearTimeout(this.#workers.get(worker));
    return true;
  }

  /**
   * The one with the fewest jobs. Where all are busy another one is started, for whoever waits then. Others lose their
   * room only where no thread has any left.
   */
  #workerFor(job: Job): PooledWorker | undefined {
    const workers = [...this.#workers.keys()].sort((a, b) => a.jobCount - b.jobCount);
    const roomy = workers.filter((worker) => worker.hasRoomFor(job));
    const first = roomy.find(({ isBusy }) => !isBusy);
    if (first) return first;
    if (workers.some(({ isStarting }) => isStarting)) return undefined;
    if (workers.length < this.#options.maxThreads) {
      this.#startWorker();
      return undefined;
    }
    return roomy.length > 0 ? undefined : workers.find(({ isBusy }) => !isBusy);
  }

  #startWorker(): void {
    const { file, isFileUnchanged = () => true } = this.#options;
    if (!isFileUnchanged()) return;
    try {
      const worker = new PooledWorker(file, this.#options, {
        onRoom: () => this.#beginNext(),
        onComputed: (computed) => {
          for (const [caller, milliseconds] of computed) this.#queue.charge(caller, milliseconds);
        },
        onLost: (loss) => this.#replace(worker, loss),
      });
      this.#workers.set(worker, undefined);
    } catch {
      // Whoever waits is refused when there is no other thread; the next job tries again.
    }
  }

  #replace(worker: PooledWorker, { reason, guilty, refusal, others }: Loss): void {
    this.#forget(worker);
    this.#replacements[reason] += 1;
    guilty?.refuse(refusal);
    // One that could not start would not start the next time.
    if (reason === 'start' && this.#workers.size === 0) this.#refuseAll('no_thread');
    for (const job of others.reverse()) {
      if (job.mayTryAgain) this.#queue.putBack(job);
      else job.refuse('thread_ended');
    }
    this.#beginNext();
  }

  #forget(worker: PooledWorker): void {
    clearTimeout(this.#workers.get(worker));
    this.#workers.delete(worker);
  }

  #watchOver(): void {
    if (this.#watch) return;
    this.#lastLook = performance.now();
    this.#watch = setInterval(() => this.#look(), LOOK_EVERY);
  }

  #look(): void {
    const now = performance.now();
    // Where this thread was late, the machine had no time for the others either.
    const elapsed = Math.min(now - this.#lastLook, 2 * LOOK_EVERY);
    this.#lastLook = now;
    for (const worker of [...this.#workers.keys()]) worker.look(elapsed);
    for (const job of this.#queue.takeOlderThan(now - this.#options.maxWaitMs)) job.refuse('waited_too_long');
    this.#queue.forgetCallers();
    this.#beginNext();
  }

  /** Nobody waits any more: threads without jobs end after a while. */
  #rest(): void {
    for (const [worker, timer] of this.#workers) {
      if (worker.jobCount > 0) continue;
      clearTimeout(timer);
      const end = setTimeout(() => {
        this.#forget(worker);
        worker.end();
      }, this.#options.maxIdleMs);
      this.#workers.set(worker, end.unref());
    }
    if (this.#queue.length > 0 || this.#jobsInFlight > 0) return;
    clearInterval(this.#watch);
    this.#watch = undefined;
  }
}

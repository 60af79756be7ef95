/** A worker thread, as the main thread sees it: its jobs, and whether it still gets on with them. */
import { type ResourceLimits, type Transferable, Worker } from 'node:worker_threads';
import { FairBudget, type Reservation } from '../fair-share/fair-budget.ts';
import type { Job, JobHost, JobRefusal } from './job.ts';
import {
  CURRENT_JOB,
  type FromThread,
  PROGRESS_BYTES,
  STRETCHES,
  type ThreadData,
  type ToThread,
} from './messages.ts';

export interface WorkerLimits {
  /** Milliseconds until a thread is ready. */
  maxStartMs: number;
  /** Milliseconds of computing without a break. */
  maxStretchMs: number;
  /** Milliseconds of computing of one job, all stretches together. */
  maxComputingMs: number;
  /** Milliseconds in which a job that asks nothing may wait for its turn, or for something that never comes. */
  maxSilenceMs: number;
  /** Bytes of the bodies of all jobs in one thread, which callers share; one job alone may have more. */
  maxBytes: number;
  resources: ResourceLimits;
}

/** Why a thread had to be replaced. */
export const REPLACEMENT_REASONS = ['start', 'computing', 'silence', 'memory', 'exit'] as const;
export type ReplacementReason = (typeof REPLACEMENT_REASONS)[number];

/** The end of a thread that had not been told to end. */
export interface Loss {
  reason: ReplacementReason;
  /** The job that is to blame. */
  guilty: Job | undefined;
  refusal: JobRefusal;
  /** Jobs that were in the thread and are not to blame. */
  others: Job[];
}

export interface WorkerEvents {
  /** It may have room for another job. */
  onRoom(): void;
  /** Milliseconds that it has computed since the last time, by caller. */
  onComputed(computed: ReadonlyMap<string, number>): void;
  onLost(loss: Loss): void;
}

interface Running {
  job: Job;
  room: Reservation;
  /** Questions that the main thread has not answered. */
  questions: number;
  /** When the thread got what it has to go on with. */
  since: number;
  computedMs: number;
}

export class PooledWorker {
  readonly #worker: Worker;
  readonly #limits: WorkerLimits;
  readonly #events: WorkerEvents;
  readonly #progress = new Int32Array(new SharedArrayBuffer(PROGRESS_BYTES));
  readonly #running = new Map<number, Running>();
  /** Of jobs that are done and have something to tell. */
  readonly #hosts = new Map<number, JobHost>();
  readonly #room: FairBudget;
  readonly #startedAt = performance.now();
  #isReady = false;
  /** It got something to compute and has not said that it is free. */
  #isBusy = false;
  #hasEnded = false;
  #isOutOfMemory = false;
  #stretch = 0;
  #stretchMs = 0;

  /** @throws Error when the machine has no room for a thread */
  constructor(file: string | URL, limits: WorkerLimits, events: WorkerEvents) {
    this.#limits = limits;
    this.#room = new FairBudget(limits.maxBytes);
    this.#events = events;
    const workerData: ThreadData = { isAidrWorker: true, progress: this.#progress.buffer };
    this.#worker = new Worker(file, { workerData, resourceLimits: limits.resources });
    // Whoever waits for a job keeps the process alive.
    this.#worker.unref();
    this.#worker.on('message', (message: FromThread) => this.#receive(message));
    this.#worker.on('error', (error: unknown) => {
      this.#isOutOfMemory = codeOf(error) === 'ERR_WORKER_OUT_OF_MEMORY';
    });
    this.#worker.on('exit', () => this.#lose(this.#reasonOfExit(), this.#current));
  }

  /** It can take no jobs yet. */
  get isStarting(): boolean {
    return !this.#isReady;
  }

  get jobCount(): number {
    return this.#running.size;
  }

  /** It computes, or is about to: a job would have to wait. */
  get isBusy(): boolean {
    return !this.#isReady || this.#isBusy;
  }

  /** Whether the job fits in beside the others, now or when the thread is no longer busy. */
  hasRoomFor(job: Job): boolean {
    return this.#isReady && this.#room.held + this.#sizeOf(job) <= this.#limits.maxBytes;
  }

  /** @returns false when there is no room, and nobody has more of it than the job's caller would have */
  start(job: Job): boolean {
    const { caller, task } = job.request;
    // What another one is given room for ends by itself: nobody waits for it any more.
    const room = this.#room.reserve(caller, this.#sizeOf(job), () => job.refuse('displaced'));
    if (!room) return false;
    const { value, transfer = [] } = job.begin();
    this.#running.set(job.id, { job, room, questions: 0, since: performance.now(), computedMs: 0 });
    this.#post({ kind: 'job', job: job.id, caller, task, input: value }, transfer);
    return true;
  }

  #sizeOf({ request: { bytes } }: Job): number {
    return Math.min(bytes, this.#limits.maxBytes);
  }

  /** To be called regularly. @param elapsed milliseconds since the last time in which this process really ran */
  look(elapsed: number): void {
    if (!this.#isReady) {
      if (performance.now() - this.#startedAt > this.#limits.maxStartMs) this.#lose('start', undefined);
      return;
    }
    const current = this.#current;
    const stretch = Atomics.load(this.#progress, STRETCHES);
    const goesOn = stretch === this.#stretch && Atomics.load(this.#progress, CURRENT_JOB) !== 0;
    this.#stretchMs = goesOn ? this.#stretchMs + elapsed : 0;
    this.#stretch = stretch;
    if (current) current.computedMs += elapsed;
    const { maxStretchMs, maxComputingMs } = this.#limits;
    if (this.#stretchMs > maxStretchMs || (current?.computedMs ?? 0) > maxComputingMs) {
      this.#lose('computing', current);
      return;
    }
    const silent = [...this.#running.values()].find((running) => this.#isSilent(running));
    if (silent) this.#lose('silence', silent);
  }

  /** Ends the thread, whatever it does: nobody is told. */
  end(): void {
    this.#hasEnded = true;
    void this.#worker.terminate();
  }

  /** The jobs in the thread, which are no longer its business. */
  takeJobs(): Job[] {
    const jobs = [...this.#running.values()].map(({ job }) => job);
    this.#running.clear();
    return jobs;
  }

  get #current(): Running | undefined {
    return this.#running.get(Atomics.load(this.#progress, CURRENT_JOB));
  }

  #isSilent({ questions, since }: Running): boolean {
    return questions === 0 && performance.now() - since > this.#limits.maxSilenceMs;
  }

  #receive(message: FromThread): void {
    if (this.#hasEnded) return;
    if (message.kind === 'free') {
      this.#isReady = true;
      this.#isBusy = false;
      this.#events.onComputed(message.computed);
      this.#events.onRoom();
      return;
    }
    if (message.kind === 'news') {
      this.#hear(message.job, message.news);
      return;
    }
    const running = this.#running.get(message.job);
    if (!running) return;
    const { job } = running;
    if (message.kind === 'question') this.#answer(running, message.question, message.what);
    else {
      this.#running.delete(job.id);
      running.room.release();
      if (message.kind === 'threw') job.threw(message.place);
      else {
        if (message.hasNews) this.#hosts.set(job.id, job.request.host);
        job.done(message.output);
      }
    }
  }

  #hear(job: number, news: readonly unknown[]): void {
    const host = this.#hosts.get(job);
    this.#hosts.delete(job);
    for (const what of news) host?.hear(what);
  }

  #answer(running: Running, question: number, what: unknown): void {
    running.questions += 1;
    const { job } = running;
    void job.request.host.answer(what).then(({ value, transfer = [] }) => {
      if (this.#hasEnded || !this.#running.has(job.id)) return;
      running.questions -= 1;
      running.since = performance.now();
      this.#post({ kind: 'answer', job: job.id, question, value }, transfer);
    });
  }

  #post(message: ToThread, transfer: readonly Transferable[]): void {
    this.#isBusy = true;
    this.#worker.postMessage(message, transfer);
  }

  #reasonOfExit(): ReplacementReason {
    if (this.#isOutOfMemory) return 'memory';
    return this.#isReady ? 'exit' : 'start';
  }

  #lose(reason: ReplacementReason, guilty: Running | undefined): void {
    if (this.#hasEnded) return;
    this.end();
    const others = this.takeJobs().filter((job) => job !== guilty?.job);
    const refusal = reason === 'computing' || reason === 'silence' ? 'computed_too_long' : 'thread_ended';
    this.#events.onLost({ reason, guilty: guilty?.job, refusal, others });
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

/** Runs jobs in a worker thread: many at a time, of which one computes while the others wait for answers. */
import { setImmediate as otherJobs } from 'node:timers/promises';
import { type MessagePort, parentPort, type Transferable, workerData } from 'node:worker_threads';
import { errorLocation } from '../kong/error-location.ts';
import { CURRENT_JOB, type FromThread, STRETCHES, type ThreadData, type ToThread } from './messages.ts';

/** What a job may do beside computing. */
export interface JobServices {
  ask(what: unknown): Promise<unknown>;
  /** Is made and told when the job is done: nobody waits for it. */
  tell(what: () => unknown): void;
  /** Lets the other jobs of this thread have their turn; afterwards a new stretch of computing begins. */
  rest(): Promise<void>;
}

export interface TaskResult {
  output: unknown;
  /** What the main thread gets instead of a copy. */
  transfer: Transferable[];
}

export type Tasks = Record<string, (input: never, services: JobServices) => Promise<TaskResult>>;

/** Whether this is a thread of ours, and not the main thread or somebody else's. */
export function isAidrWorker(): boolean {
  return threadData() !== undefined;
}

/** Takes jobs from now on. Does nothing in the main thread, or in a thread that is not ours. */
export function serveJobs(tasks: Tasks): void {
  const data = threadData();
  if (parentPort && data) new JobThread(parentPort, new Int32Array(data.progress), tasks).listen();
}

function threadData(): ThreadData | undefined {
  const data: unknown = workerData;
  const isOurs = typeof data === 'object' && data !== null && 'isAidrWorker' in data;
  return isOurs ? (data as ThreadData) : undefined;
}

class JobThread {
  readonly #port: MessagePort;
  readonly #progress: Int32Array;
  readonly #tasks: Tasks;
  readonly #answers = new Map<number, (value: unknown) => void>();
  #questions = 0;
  /** By job. */
  readonly #callers = new Map<number, string>();
  /** Milliseconds by caller, since the main thread was told. */
  #computed = new Map<string, number>();
  #stretch: { caller: string; since: number } | undefined;
  #endsStretch = false;

  constructor(port: MessagePort, progress: Int32Array, tasks: Tasks) {
    this.#port = port;
    this.#progress = progress;
    this.#tasks = tasks;
  }

  listen(): void {
    this.#port.on('message', (message: ToThread) => {
      if (message.kind === 'job') this.#callers.set(message.job, message.caller);
      this.#beginStretch(message.job);
      if (message.kind === 'job') void this.#run(message);
      else this.#answered(message);
    });
    this.#tellFree();
  }

  async #run({ job, task, input }: ToThread & { kind: 'job' }): Promise<void> {
    const news: Array<() => unknown> = [];
    try {
      const run = this.#tasks[task];
      if (!run) throw new Error(`no task ${task}`);
      const { output, transfer } = await run(input as never, this.#servicesOf(job, news));
      this.#post({ kind: 'done', job, output, hasNews: news.length > 0 }, transfer);
    } catch (error) {
      this.#post({ kind: 'threw', job, place: errorLocation(error) });
      return;
    } finally {
      this.#callers.delete(job);
    }
    if (news.length > 0) this.#post({ kind: 'news', job, news: news.map((what) => what()) });
  }

  /** @param news what the job has to tell */
  #servicesOf(job: number, news: Array<() => unknown>): JobServices {
    return {
      ask: (what) => {
        const question = ++this.#questions;
        const { promise, resolve } = Promise.withResolvers<unknown>();
        this.#answers.set(question, resolve);
        this.#post({ kind: 'question', job, question, what });
        return promise;
      },
      tell: (what) => void news.push(what),
      rest: async () => {
        await otherJobs();
        this.#beginStretch(job);
      },
    };
  }

  #answered({ question, value }: ToThread & { kind: 'answer' }): void {
    const resolve = this.#answers.get(question);
    this.#answers.delete(question);
    resolve?.(value);
  }

  /** It lasts until the thread has nothing more to do, or goes on with another job. */
  #beginStretch(job: number): void {
    Atomics.store(this.#progress, CURRENT_JOB, job);
    Atomics.add(this.#progress, STRETCHES, 1);
    this.#countStretch(this.#callers.get(job));
    if (this.#endsStretch) return;
    this.#endsStretch = true;
    setImmediate(() => {
      this.#endsStretch = false;
      Atomics.store(this.#progress, CURRENT_JOB, 0);
      this.#countStretch(undefined);
      this.#tellFree();
    });
  }

  /** @param next whose stretch begins, if another one does */
  #countStretch(next: string | undefined): void {
    const now = performance.now();
    if (this.#stretch) {
      const { caller, since } = this.#stretch;
      this.#computed.set(caller, (this.#computed.get(caller) ?? 0) + now - since);
    }
    this.#stretch = next === undefined ? undefined : { caller: next, since: now };
  }

  #tellFree(): void {
    this.#post({ kind: 'free', computed: this.#computed });
    this.#computed = new Map();
  }

  #post(message: FromThread, transfer: Transferable[] = []): void {
    this.#port.postMessage(message, transfer);
  }
}

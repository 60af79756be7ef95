/** What the main thread and a worker thread tell each other. Both sides are ours: nothing here is checked. */

export type ToThread =
  | { kind: 'job'; job: number; caller: string; task: string; input: unknown }
  | { kind: 'answer'; job: number; question: number; value: unknown };

export type FromThread =
  /** The job goes on when it has its answer. */
  | { kind: 'question'; job: number; question: number; what: unknown }
  | { kind: 'done'; job: number; output: unknown; hasNews: boolean }
  /** Of a job that is done. */
  | { kind: 'news'; job: number; news: readonly unknown[] }
  /** A bug, by its name and place. */
  | { kind: 'threw'; job: number; place: string }
  /** The thread computes nothing any more: it can take another job. With the milliseconds since the last time, by caller. */
  | { kind: 'free'; computed: ReadonlyMap<string, number> };

/** What a thread is started with. */
export interface ThreadData {
  /** Tells our threads from others that load the same file. */
  isAidrWorker: true;
  progress: SharedArrayBuffer;
}

/**
 * Where the shared memory says what the thread computes: the job's number, 0 for none, and how many stretches of
 * computing have begun. A thread in an endless loop can say nothing else any more.
 */
export const CURRENT_JOB = 0;
export const STRETCHES = 1;
export const PROGRESS_BYTES = 2 * Int32Array.BYTES_PER_ELEMENT;

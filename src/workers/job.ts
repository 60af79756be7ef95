/** One job for a worker thread, from the main thread's side. */
import type { Transferable } from 'node:worker_threads';

export interface JobRequest {
  /** What the thread calls it. */
  task: string;
  /** Whose share of the threads it uses. */
  caller: string;
  /** Called for each attempt: what is transferred is gone afterwards. */
  input(): Message;
  /** Of the body: what the job holds in its thread is a multiple of them. */
  bytes: number;
  host: JobHost;
  /** Aborts when nobody waits for the job any more. */
  signal?: AbortSignal;
}

/** What a thread is given, and what of it is given away rather than copied. */
export interface Message {
  value: unknown;
  transfer?: Transferable[];
}

/** Does for a job what only the main thread can do. */
export interface JobHost {
  /** Never rejects. */
  answer(what: unknown): Promise<Message>;
  hear(what: unknown): void;
}

/** Why a job has no output. None of it is a bug of the job's: those are thrown. */
export type JobRefusal =
  | 'queue_full'
  | 'displaced'
  | 'waited_too_long'
  | 'computed_too_long'
  | 'thread_ended'
  | 'no_thread'
  | 'cancelled';

export type JobResult = { ok: true; output: unknown } | { ok: false; refusal: JobRefusal };

/** The job threw. It has no message, because that can quote content. */
class JobError extends Error {
  /** @param place name and place of the error in the thread */
  constructor(place: string) {
    super();
    this.name = place;
    this.stack = '';
  }
}

/** Threads that a job may lose without being to blame. */
const MAX_ATTEMPTS = 2;

/** It has to fit the memory that threads share. */
const MAX_ID = 2 ** 31 - 1;
let lastId = 0;

function newId(): number {
  lastId = (lastId % MAX_ID) + 1;
  return lastId;
}

export class Job {
  readonly id = newId();
  readonly request: JobRequest;
  readonly queuedAt = performance.now();
  readonly result: Promise<JobResult>;
  readonly #settled = Promise.withResolvers<JobResult>();
  #attempts = 0;

  constructor(request: JobRequest) {
    this.request = request;
    this.result = this.#settled.promise;
  }

  get mayTryAgain(): boolean {
    return this.#attempts < MAX_ATTEMPTS;
  }

  begin(): Message {
    this.#attempts += 1;
    return this.request.input();
  }

  done(output: unknown): void {
    this.#settled.resolve({ ok: true, output });
  }

  threw(place: string): void {
    this.#settled.reject(new JobError(place));
  }

  refuse(refusal: JobRefusal): void {
    this.#settled.resolve({ ok: false, refusal });
  }
}

/**
 * Reads the answer of an upstream as undici hands it over: first its head, then its body, no faster than it is taken. Undici's
 * own `request` makes a stream of each answer, which costs more than most answers do.
 */
import type { Dispatcher } from 'undici';
import type { RawHeaders } from './headers.ts';

export interface UpstreamAnswer {
  status: number;
  headers: RawHeaders;
  /** Can be read once. Leaving a loop over it ends the answer. */
  body: AsyncIterable<Uint8Array>;
}

/** Bytes that may wait to be taken before the upstream has to. */
const MAX_WAITING = 65_536;

type Taken = IteratorResult<Uint8Array, undefined>;

export class UpstreamReader implements Dispatcher.DispatchHandler, AsyncIterator<Uint8Array> {
  readonly #answer = Promise.withResolvers<UpstreamAnswer>();
  readonly #signal: AbortSignal;
  /** While undici still connects it holds what is to be sent, and cannot be stopped: whoever waits must not free that. */
  readonly #abort = () => {
    if (this.#controller) this.#fail(this.#signal.reason);
  };
  #controller: Dispatcher.DispatchController | undefined;
  /** What came and was not taken. */
  #chunks: Uint8Array[] = [];
  #waiting = 0;
  /** Whoever waits for what comes next. */
  #taker: PromiseWithResolvers<Taken> | undefined;
  #end: 'whole' | { error: unknown } | undefined;

  /** @param signal ends the call, which rejects with its reason: at once, or when there is a connection, or none */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', this.#abort, { once: true });
  }

  /** Rejects with what undici says, or with the signal's reason. */
  get answer(): Promise<UpstreamAnswer> {
    return this.#answer.promise;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#signal.aborted) controller.abort(this.#signal.reason);
  }

  /** Interim answers (1xx) come here too, and are followed by the real one. */
  onResponseStart({ rawHeaders }: Dispatcher.DispatchController, status: number): void {
    if (status < 200) return;
    const headers = Array.isArray(rawHeaders) ? rawHeaders : [];
    this.#answer.resolve({
      status,
      headers: headers.map((each: Buffer | string) => each.toString('latin1')),
      body: { [Symbol.asyncIterator]: () => this },
    });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.#end) return;
    if (this.#taker) {
      this.#hand({ done: false, value: chunk });
      return;
    }
    this.#chunks.push(chunk);
    this.#waiting += chunk.length;
    if (this.#waiting > MAX_WAITING) controller.pause();
  }

  onResponseEnd(): void {
    if (this.#end) return;
    this.#end = 'whole';
    if (this.#chunks.length === 0) this.#release();
    this.#hand({ done: true, value: undefined });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error);
  }

  async next(): Promise<Taken> {
    const chunk = this.#chunks.shift();
    if (chunk) {
      this.#waiting -= chunk.length;
      if (this.#controller?.paused && this.#waiting <= MAX_WAITING) this.#controller.resume();
      return { done: false, value: chunk };
    }
    if (this.#end === 'whole') {
      this.#release();
      return { done: true, value: undefined };
    }
    if (this.#end) throw this.#end.error;
    this.#taker ??= Promise.withResolvers();
    return this.#taker.promise;
  }

  async return(): Promise<Taken> {
    this.#fail(NOT_WANTED);
    return { done: true, value: undefined };
  }

  #hand(taken: Taken): void {
    this.#taker?.resolve(taken);
    this.#taker = undefined;
  }

  /** What was not taken yet is dropped, also if all of it is there. */
  #fail(error: unknown): void {
    if (typeof this.#end === 'object') return;
    this.#release();
    this.#end = { error };
    this.#chunks = [];
    this.#answer.reject(error);
    this.#taker?.reject(error);
    this.#taker = undefined;
    this.#controller?.abort(error instanceof Error ? error : NOT_WANTED);
  }

  #release(): void {
    this.#signal.removeEventListener('abort', this.#abort);
  }
}

/** Made once: its stack trace would say nothing. */
const NOT_WANTED = new Error('nobody reads the rest of the answer');

/**
 * Reads the answer to one HTTP call as undici hands it over. Undici's own `request` makes a stream of each answer, which
 * costs a quarter of the call; the answers of AIDR are small and read whole.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';

export interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  /** Undefined when it is larger than allowed: the rest was not waited for. */
  body: Uint8Array | undefined;
}

export class AnswerReader implements Dispatcher.DispatchHandler {
  readonly #answer = Promise.withResolvers<RawAnswer>();
  readonly #signal: AbortSignal;
  readonly #limitOf: (status: number) => number;
  readonly #chunks: Uint8Array[] = [];
  readonly #abort = () => this.#fail(this.#signal.reason);
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #size = 0;

  /**
   * @param signal not aborted yet. It ends the call, which rejects with its reason, also while it waits for a connection
   * @param limitOf how many bytes an answer of this status may have
   */
  constructor(signal: AbortSignal, limitOf: (status: number) => number) {
    this.#signal = signal;
    this.#limitOf = limitOf;
    signal.addEventListener('abort', this.#abort, { once: true });
  }

  /** Rejects with what undici says, or with the signal's reason. */
  get answer(): Promise<RawAnswer> {
    return this.#answer.promise;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#signal.aborted) controller.abort(this.#signal.reason);
  }

  /** Interim answers (1xx) come here too, and are followed by the real one. */
  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#size += chunk.length;
    if (this.#size <= this.#limitOf(this.#status)) {
      this.#chunks.push(chunk);
      return;
    }
    this.#settle(undefined);
    controller.abort(TOO_LARGE);
  }

  onResponseEnd(): void {
    const [only = Buffer.alloc(0), second] = this.#chunks;
    this.#settle(second ? Buffer.concat(this.#chunks) : only);
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#release();
    this.#answer.reject(error);
  }

  #settle(body: Uint8Array | undefined): void {
    this.#release();
    this.#answer.resolve({ status: this.#status, headers: this.#headers, body });
  }

  #fail(reason: Error): void {
    this.#answer.reject(reason);
    this.#controller?.abort(reason);
  }

  #release(): void {
    this.#signal.removeEventListener('abort', this.#abort);
  }
}

/** Made once: nobody sees it, and its stack trace would cost more than the answer. */
const TOO_LARGE = new Error('the answer is too large');

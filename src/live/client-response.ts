/**
 * The response to the client. Its status is sent only with the first bytes that may be sent, so that an answer that is
 * refused from the beginning is an ordinary error response.
 */
import type { ServerResponse } from 'node:http';
import type { RefusalReply } from '../inspection/refusal/refusal-to-anyone.ts';
import type { RawHeaders } from './headers.ts';

export interface AnswerHead {
  status: number;
  headers: RawHeaders;
}

/** What keeps the connection alive between two frames while nothing else may be sent. */
export interface KeepAlive {
  bytes: Uint8Array;
  /** Milliseconds without a release. */
  after: number;
}

export class ClientResponse {
  readonly #response: ServerResponse;
  #head: AnswerHead | undefined;
  #keepAlive: KeepAlive | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** The status of a refusal in the answer's place. */
  rejectedWith: number | undefined;
  /** Further headers of whatever is sent, asked for when the head is. */
  further: () => Record<string, string> = () => ({});

  constructor(response: ServerResponse) {
    this.#response = response;
    response.sendDate = false;
    response.once('close', () => clearTimeout(this.#timer));
    // A client that has left is noticed elsewhere.
    response.on('error', () => undefined);
  }

  /** Whether the status has been sent. */
  get isOpen(): boolean {
    return this.#response.headersSent;
  }

  /** Whether the client has left. */
  get isGone(): boolean {
    return this.#response.destroyed;
  }

  /** @param head goes out with the first bytes */
  hold(head: AnswerHead, keepAlive?: KeepAlive): void {
    this.#head = head;
    this.#keepAlive = keepAlive;
    this.#wait();
  }

  /** Sends the status at once: whoever waits for events must know that they may come. */
  open(): void {
    if (this.isGone) return;
    this.#open();
    this.#response.flushHeaders();
  }

  /** Whole frames only, so that a comment can be written between them. */
  write(parts: readonly Uint8Array[]): void {
    if (this.isGone) return;
    this.#open();
    for (const part of parts) if (part.length > 0) this.#response.write(part);
    this.#wait();
  }

  /** What is written from now on need not be whole frames. */
  endKeepAlive(): void {
    this.#keepAlive = undefined;
    clearTimeout(this.#timer);
  }

  /**
   * Resolves when the client has taken enough of what was written; it may also be gone.
   *
   * @param signal aborts when it is not to be waited for
   */
  async drained(signal: AbortSignal): Promise<void> {
    if (!this.#response.writableNeedDrain || this.#response.destroyed || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const giveUp = () => resolve();
    this.#response.once('drain', resolve).once('close', resolve);
    signal.addEventListener('abort', giveUp);
    await promise;
    this.#response.off('drain', resolve).off('close', resolve);
    signal.removeEventListener('abort', giveUp);
  }

  end(last: Uint8Array = new Uint8Array()): void {
    clearTimeout(this.#timer);
    if (this.isGone) return;
    this.#open();
    if (last.length > 0) this.#response.end(last);
    else this.#response.end();
  }

  /** Only while nothing was sent. */
  reject({ status, headers, body: content }: RefusalReply): void {
    clearTimeout(this.#timer);
    this.rejectedWith = status;
    const body = Buffer.from(content);
    const all = { ...this.further(), ...headers, 'Content-Length': body.length };
    this.#response.writeHead(status, all).end(body);
  }

  /** The client must not take what it has for all of it. */
  cut(last: Uint8Array = new Uint8Array()): void {
    clearTimeout(this.#timer);
    if (last.length === 0 || this.isGone) this.#response.destroy();
    else this.#response.write(last, () => this.#response.destroy());
  }

  #open(): void {
    if (this.isOpen || !this.#head) return;
    const { status, headers } = this.#head;
    const further = this.further();
    // Kong sees the first hundred only.
    const first = Object.entries(further).flat();
    this.#response.writeHead(status, [...first, ...without(headers, Object.keys(further))]);
  }

  #wait(): void {
    clearTimeout(this.#timer);
    if (!this.#keepAlive) return;
    const { bytes, after } = this.#keepAlive;
    this.#timer = setTimeout(() => {
      // A client that does not take what it was sent needs no comments.
      if (!this.#response.writableNeedDrain) this.write([bytes]);
      else this.#wait();
    }, after);
  }
}

function without(headers: RawHeaders, names: readonly string[]): RawHeaders {
  if (names.length === 0) return headers;
  const dropped = new Set(names.map((name) => name.toLowerCase()));
  return headers.filter((_, at) => !dropped.has(headers[at - (at % 2)]?.toLowerCase() ?? ''));
}

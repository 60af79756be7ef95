/**
 * The response to the client. Its status is sent only with the first bytes that may be sent, so that an answer that is
 * refused from the beginning is an ordinary error response.
 */
import type { ServerResponse } from 'node:http';
import type { RefusalReply } from '../inspection/refusal/refusal-to-anyone.ts';
import type { RawHeaders } from './headers.ts';
import { KeptBack } from './kept-back.ts';

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
  #kept: KeptBack | undefined;
  /** All was sent that will be. */
  #isOver = false;
  /** The status of a refusal in the answer's place. */
  rejectedWith: number | undefined;
  /** Further headers of whatever is sent, asked for when the head is. */
  further: () => Record<string, string> = () => ({});

  constructor(response: ServerResponse) {
    this.#response = response;
    response.sendDate = false;
    response.once('close', () => {
      clearTimeout(this.#timer);
      this.#kept?.keepOnly(() => undefined);
    });
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

  /** @param act at once, if the client has left already */
  whenGone(act: () => void): void {
    if (this.isGone) act();
    else this.#response.once('close', act);
  }

  get isKeptBack(): boolean {
    return this.#kept !== undefined;
  }

  /** From now on nothing is sent, not even a comment, until it is let go. */
  keepBack(): void {
    this.#kept = new KeptBack();
  }

  /** What was kept back is sent. */
  letGo(): void {
    const kept = this.#kept;
    this.#kept = undefined;
    kept?.send();
    this.#wait();
  }

  /** What was kept back is never sent. Whoever refuses the client does so now, and nobody else is heard after that. */
  dropKept(): void {
    this.#kept?.drop();
    this.#kept = undefined;
  }

  /**
   * Resolves when nothing is kept back any more.
   *
   * @param signal aborts when that is not to be waited for
   * @returns whether what was kept was sent
   */
  async released(signal: AbortSignal): Promise<boolean> {
    return this.#kept ? ((await this.#unlessGone(this.#kept.released, signal)) ?? false) : true;
  }

  /** @param head goes out with the first bytes */
  hold(head: AnswerHead, keepAlive?: KeepAlive): void {
    this.#head = head;
    this.#keepAlive = keepAlive;
    this.#wait();
  }

  /** Sends the status at once: whoever waits for events must know that they may come. */
  open(): void {
    if (this.isGone || this.#isForLater(() => this.open())) return;
    this.#open();
    this.#response.flushHeaders();
  }

  /** Whole frames only, so that a comment can be written between them. */
  write(parts: readonly Uint8Array[]): void {
    if (this.isGone || this.#isForLater(() => this.write(parts), parts)) return;
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
    if (this.#kept?.isFull) await this.released(signal);
    if (!this.#response.writableNeedDrain) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const drain = () => resolve();
    this.#response.once('drain', drain);
    await this.#unlessGone(promise, signal);
    this.#response.off('drain', drain);
  }

  end(last: Uint8Array = new Uint8Array()): void {
    clearTimeout(this.#timer);
    if (this.isGone || this.#isForLater(() => this.end(last), [last])) return;
    this.#isOver = true;
    this.#open();
    if (last.length > 0) this.#response.end(last);
    else this.#response.end();
  }

  /** Only while nothing was sent. What was kept back is never sent. */
  reject(reply: RefusalReply): void {
    clearTimeout(this.#timer);
    if (this.#isOver) return;
    const { status, headers, body: content } = reply;
    this.rejectedWith = status;
    if (this.#kept) {
      this.#kept.keepOnly(() => this.reject(reply));
      return;
    }
    this.#isOver = true;
    const body = Buffer.from(content);
    const all = { ...this.further(), ...headers, 'Content-Length': body.length };
    this.#response.writeHead(status, all).end(body);
  }

  /** The client must not take what it has for all of it. */
  cut(last: Uint8Array = new Uint8Array()): void {
    clearTimeout(this.#timer);
    if (this.#isForLater(() => this.cut(last), [last])) return;
    this.#isOver = true;
    if (last.length === 0 || this.isGone) this.#response.destroy();
    else this.#response.write(last, () => this.#response.destroy());
  }

  /** @returns whether nothing is to be done now: all was sent that will be, or it is kept for later */
  #isForLater(act: () => void, parts: readonly Uint8Array[] = []): boolean {
    if (!this.#isOver) this.#kept?.keep(act, parts);
    return this.#isOver || this.#kept !== undefined;
  }

  /** @returns undefined when the client has left first, or nobody waits any more */
  async #unlessGone<Result>(result: Promise<Result>, signal: AbortSignal): Promise<Result | undefined> {
    if (this.#response.destroyed || signal.aborted) return undefined;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const giveUp = () => resolve(undefined);
    this.#response.once('close', giveUp);
    signal.addEventListener('abort', giveUp);
    try {
      return await Promise.race([result, promise]);
    } finally {
      this.#response.off('close', giveUp);
      signal.removeEventListener('abort', giveUp);
    }
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
    if (!this.#keepAlive || this.#kept || this.#isOver) return;
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

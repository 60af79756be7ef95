/** The client's request as plugins see it: changeable headers and query, a body read on demand and only once. */

import type { IncomingMessage } from 'node:http';
import { queryOf } from '../routing/uri.ts';
import { HeaderList } from './header-list.ts';

export class ClientRequest {
  readonly incoming: IncomingMessage;
  /** The request line's URI, untouched. */
  readonly uri: string;
  readonly headers: HeaderList;
  method: string;
  /** The query that goes upstream. */
  args: string;
  readonly hadQueryMark: boolean;
  #body: Promise<Buffer> | undefined;
  #replaced = false;

  constructor(incoming: IncomingMessage) {
    this.incoming = incoming;
    this.uri = incoming.url ?? '/';
    this.method = incoming.method ?? 'GET';
    this.headers = HeaderList.fromRaw(incoming.rawHeaders);
    this.args = queryOf(this.uri);
    this.hadQueryMark = this.uri.includes('?');
  }

  /** A plugin has replaced the body: it is in memory, whatever its size. */
  get bodyReplaced(): boolean {
    return this.#replaced;
  }

  get httpVersion(): number {
    return Number(this.incoming.httpVersion);
  }

  /** The whole body. Rejects when the client goes away before its end. */
  body(): Promise<Buffer> {
    this.#body ??= readAll(this.incoming);
    return this.#body;
  }

  /** Replaces the body; the Content-Length header follows. */
  async setBody(body: Buffer): Promise<void> {
    await this.body();
    this.#body = Promise.resolve(body);
    this.#replaced = true;
    this.headers.set('Content-Length', String(body.length));
  }
}

/** By events: twice as fast as iterating, and every request comes through here. */
function readAll(incoming: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.once('end', () => resolve(Buffer.concat(chunks)));
    incoming.once('error', reject);
    if (incoming.readableEnded || incoming.destroyed) reject(new Error('the client left'));
  });
}

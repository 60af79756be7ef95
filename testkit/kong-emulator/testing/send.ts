/** A plain HTTP client: headers exactly as given, the answer with everything that came. */

import { type IncomingHttpHeaders, request } from 'node:http';

export interface Sent {
  readonly method?: string;
  readonly path?: string;
  /** Names and values in turn, so that headers may repeat. */
  readonly headers?: readonly string[];
  readonly body?: string | Uint8Array | readonly string[];
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends one request on a connection of its own. A list as body goes out chunked. */
export function send(
  url: string,
  { method = 'GET', path = '/', headers = [], body }: Sent = {},
): Promise<Answer> {
  const chunks = body instanceof Uint8Array || typeof body === 'string' ? [body] : (body ?? []);
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, path, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const answered = Buffer.concat(parts).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: answered });
      });
    });
    outgoing.on('error', reject);
    // Node would send one of its own.
    outgoing.removeHeader('Connection');
    for (const [name, values] of grouped(headers)) outgoing.setHeader(name, values);
    if (body !== undefined && !Array.isArray(body)) {
      outgoing.setHeader('Content-Length', Buffer.byteLength(chunks[0] ?? ''));
    }
    for (const chunk of chunks) outgoing.write(chunk);
    outgoing.end();
  });
}

function grouped(headers: readonly string[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] ?? '';
    found.set(name, [...(found.get(name) ?? []), headers[index + 1] ?? '']);
  }
  return found;
}

/** HTTP/1.1 by hand, for what no client library agrees to send. */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds after which a connection that nobody closes is closed from here. */
const PATIENCE = 10_000;

/** Milliseconds for an answer that nobody expects. */
const AFTERMATH = 30;

/** What is written at once, or milliseconds to wait before the next piece. */
export type Piece = string | Uint8Array | number;

/** One answer on a connection. */
export interface RawAnswer {
  status: number;
  /** All that its head announces is there. */
  isWhole: boolean;
  /** Field names in lower case. */
  headers: Map<string, string>;
  body: Buffer;
}

export interface RawExchange {
  /** Without those of status 1xx. */
  answers: RawAnswer[];
  /** Every byte that came back. */
  bytes: Buffer;
}

/**
 * Writes the pieces on one connection and reads until the other side closes it, as `Connection: close` asks it to.
 *
 * @param url whose host and port are connected to
 * @param expected how many answers are enough, where the other side may keep the connection
 */
export async function exchangeRaw(
  url: string,
  pieces: readonly Piece[],
  expected = Number.POSITIVE_INFINITY,
): Promise<RawExchange> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  let isWritten = false;
  const endWhenAnswered = () => {
    const whole = answersIn(Buffer.concat(chunks)).filter(({ isWhole }) => isWhole);
    if (isWritten && whole.length >= expected) setTimeout(() => socket.destroy(), AFTERMATH);
  };
  socket.on('data', (chunk) => {
    chunks.push(chunk);
    endWhenAnswered();
  });
  // Whoever is refused early may find the connection reset: no error, as it would be to `once`.
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const impatience = setTimeout(() => socket.destroy(), PATIENCE);
  try {
    for (const piece of pieces) {
      if (socket.destroyed) break;
      if (typeof piece === 'number') await Promise.race([sleep(piece), closed]);
      else socket.write(piece);
    }
    isWritten = true;
    endWhenAnswered();
    await closed;
  } finally {
    clearTimeout(impatience);
    socket.destroy();
  }
  const bytes = Buffer.concat(chunks);
  return { answers: answersIn(bytes), bytes };
}

/** The head of a request, with an empty line at its end. */
export function headOf(requestLine: string, headers: readonly string[]): string {
  return [requestLine, 'Host: gateway', ...headers, '', ''].join('\r\n');
}

function answersIn(bytes: Buffer): RawAnswer[] {
  const answers: RawAnswer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf('\r\n\r\n', at);
    if (end < 0) break;
    const [statusLine = '', ...fields] = bytes.toString('latin1', at, end).split('\r\n');
    const headers = new Map(fields.map(fieldOf));
    const status = Number(statusLine.split(' ')[1]);
    const { body, next } = bodyOf(bytes, end + 4, status, headers);
    if (status >= 200) answers.push({ status, headers, body, isWhole: next <= bytes.length });
    at = next;
  }
  return answers;
}

function fieldOf(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

function bodyOf(
  bytes: Buffer,
  start: number,
  status: number,
  headers: ReadonlyMap<string, string>,
): { body: Buffer; next: number } {
  if (status < 200 || status === 204 || status === 304) return { body: Buffer.alloc(0), next: start };
  if (headers.get('transfer-encoding')?.includes('chunked')) return dechunked(bytes, start);
  const length = headers.get('content-length');
  // Without a length, only the end of the connection ends it.
  const next = length === undefined ? Number.POSITIVE_INFINITY : start + Number(length);
  return { body: bytes.subarray(start, next), next };
}

function dechunked(bytes: Buffer, start: number): { body: Buffer; next: number } {
  const chunks: Buffer[] = [];
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const size = lineEnd < 0 ? Number.NaN : Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (Number.isNaN(size)) return { body: Buffer.concat(chunks), next: Number.POSITIVE_INFINITY };
    if (size === 0) return { body: Buffer.concat(chunks), next: lineEnd + 4 };
    chunks.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}

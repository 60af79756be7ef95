/**
 * HTTP/1.1 messages read off a connection at the least cost: what the mocks and the load generator burn is taken from
 * what is measured beside them. Only where a message ends is looked for, and one message is under way at a time.
 */

export interface Message {
  /** Start line and headers, each with its line end. */
  head: string;
  body: Buffer[];
}

const HEAD_END = '\r\n\r\n';
const LAST_CHUNK = '\r\n0\r\n\r\n';

/** @returns takes the connection's bytes as they come */
export function messageReader(onMessage: (message: Message) => void): (bytes: Buffer) => void {
  let head: Buffer = Buffer.alloc(0);
  let message: Message | undefined;
  let left = 0;
  return (bytes) => {
    let body = bytes;
    if (!message) {
      head = head.length === 0 ? bytes : Buffer.concat([head, bytes]);
      const end = head.indexOf(HEAD_END);
      if (end < 0) return;
      message = { head: head.toString('latin1', 0, end + 2), body: [] };
      left = lengthOf(message.head);
      body = head.subarray(end + HEAD_END.length);
      head = Buffer.alloc(0);
    }
    if (body.length > 0) message.body.push(body);
    left -= body.length;
    if (left < 0) throw new Error('a message is longer than it says');
    if (left > 0 && !(left === Number.POSITIVE_INFINITY && endsWithLastChunk(message.body))) return;
    const complete = message;
    message = undefined;
    onMessage(complete);
  };
}

function lengthOf(head: string): number {
  if (/\r\ntransfer-encoding: *chunked\r\n/i.test(head)) return Number.POSITIVE_INFINITY;
  return Number(/\r\ncontent-length: *(\d+)\r\n/i.exec(head)?.[1] ?? 0);
}

function endsWithLastChunk(body: Buffer[]): boolean {
  const last = body.at(-1) ?? Buffer.alloc(0);
  const end = last.length < LAST_CHUNK.length ? Buffer.concat(body.slice(-LAST_CHUNK.length)) : last;
  return end.toString('latin1', Math.max(0, end.length - LAST_CHUNK.length)) === LAST_CHUNK;
}

/** Whether the connection ends with this message. */
export function isLast(head: string): boolean {
  return /\r\nconnection: *close\r\n/i.test(head);
}

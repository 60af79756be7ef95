import { describe, expect, it } from 'vitest';
import { isLast, messageReader } from './http-message.ts';

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n';
const MESSAGES = {
  'without a body': `${HEAD}\r\n`,
  'whose length is announced': `${HEAD}Content-Length: 11\r\n\r\nhello world`,
  'in chunks': `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n`,
};

/** @returns the body of each message that was found */
function read(text: string, pieceLength: number): string[] {
  const bodies: string[] = [];
  const push = messageReader(({ body }) => bodies.push(Buffer.concat(body).toString()));
  for (let at = 0; at < text.length; at += pieceLength) push(Buffer.from(text.slice(at, at + pieceLength)));
  return bodies;
}

describe.each(Object.entries(MESSAGES))('a message %s', (_, text) => {
  const body = text.slice(text.indexOf('\r\n\r\n') + 4);

  it.each([1, 2, 7, 1000])('is complete at its end, in pieces of %i bytes', (pieceLength) => {
    expect(read(text, pieceLength)).toEqual([body]);
    expect(read(text.slice(0, -1), pieceLength)).toEqual([]);
  });

  it('can be followed by another', () => {
    expect(read(`${text}${text}`, text.length)).toEqual([body, body]);
  });
});

it('a message that is longer than it says is an error, not another message', () => {
  expect(() => read(`${HEAD}Content-Length: 2\r\n\r\nhello`, 1000)).toThrow('longer');
});

it('a connection ends with the message that says so', () => {
  expect(isLast(`${HEAD}connection: Close\r\n`)).toBe(true);
  expect(isLast(`${HEAD}Connection: keep-alive\r\n`)).toBe(false);
});

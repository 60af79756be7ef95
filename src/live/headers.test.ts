import { expect, test } from 'vitest';
import { endToEnd, headerOf } from './headers.ts';

test('what belongs to the connection, and the ticket, stays behind; all else keeps its order and spelling', () => {
  const headers = [
    ...['Set-Cookie', 'a=1', 'Connection', 'close, X-Hop', 'x-hop', '1', 'Keep-Alive', 'timeout=5'],
    ...[
      'X-AIDR-Internal-Ticket',
      'forged',
      'TE',
      'trailers',
      'Transfer-Encoding',
      'chunked',
      'X-AIDR-Relay-Ticket',
      'secret',
    ],
    ...['Set-Cookie', 'b=2', 'X-Own', 'yes', 'Host', 'kong'],
  ];
  expect(endToEnd(headers, ['host'])).toEqual(['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'X-Own', 'yes']);
});

test('several values of one header are one', () => {
  expect(headerOf(['Accept', 'a', 'ACCEPT', 'b'], 'accept')).toBe('a, b');
  expect(headerOf([], 'accept')).toBeUndefined();
});

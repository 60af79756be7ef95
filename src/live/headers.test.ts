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

test('nobody tells nginx what to do but how to buffer', () => {
  const commands = ['redirect', 'limit-rate', 'Expires', 'Charset'].flatMap((name) => [
    `X-Accel-${name}`,
    '1',
  ]);
  expect(endToEnd([...commands, 'X-Accel-Buffering', 'no'])).toEqual(['X-Accel-Buffering', 'no']);
});

test('several values of one header are one', () => {
  expect(headerOf(['Accept', 'a', 'ACCEPT', 'b'], 'accept')).toBe('a, b');
  expect(headerOf([], 'accept')).toBeUndefined();
});

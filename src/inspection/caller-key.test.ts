import { describe, expect, it } from 'vitest';
import { callerKey } from './caller-key.ts';

const keyOf = (sourceIp: string) => callerKey({ sourceIp }, 'r');

describe('a caller is', () => {
  it('the consumer, else the address, else the route', () => {
    expect(callerKey({ user: 'ann', sourceIp: '203.0.113.7' }, 'r')).toBe('consumer ann');
    expect(callerKey({ sourceIp: '203.0.113.7' }, 'r')).toBe('address 203.0.113.7');
    expect(callerKey({}, 'r')).toBe('route r');
  });

  it('nobody who has the name of something else', () => {
    expect(callerKey({ user: '203.0.113.7' }, 'r')).not.toBe(keyOf('203.0.113.7'));
    expect(callerKey({ user: 'r' }, 'r')).not.toBe(callerKey({}, 'r'));
  });

  it.each([
    ['2001:db8::1', '2001:db8:0:0:ffff:ffff:ffff:ffff'],
    ['2001:db8:1:2::', '2001:DB8:0001:2:aaaa::7'],
    ['::1', '::'],
    ['fe80::1%eth0', 'fe80::2'],
    ['2001:db8::1:2:3:4', '2001:db8:0:0:5:6:7:8'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
  ])('the same with %s and with %s: they are of one network', (one, other) => {
    expect(keyOf(one)).toBe(keyOf(other));
  });

  it.each([
    ['2001:db8::1', '2001:db8:0:1::1'],
    ['2001:db8:1:2::', '2001:db8:2:2::'],
    ['203.0.113.7', '203.0.113.8'],
    ['::ffff:203.0.113.7', '::ffff:203.0.113.8'],
  ])('another with %s than with %s', (one, other) => {
    expect(keyOf(one)).not.toBe(keyOf(other));
  });
});

import { decode as peerDecode, encode as peerEncode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import { Binary, type LuaValue } from '../lua/value.ts';
import { MessageStream } from './message-stream.ts';
import { decode, encode, Incomplete } from './msgpack.ts';

const VALUES: readonly LuaValue[] = [
  true,
  false,
  0,
  127,
  128,
  65_535,
  65_536,
  4_294_967_296,
  -1,
  -32,
  -33,
  -129,
  -32_769,
  -2_147_483_649,
  1.5,
  '',
  'ü',
  'x'.repeat(31),
  'x'.repeat(32),
  'x'.repeat(70_000),
  [1, [2, ['three']]],
  Array.from({ length: 70_000 }, (_, index) => index % 100),
  { a: { b: ['c'] } },
  Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`k${index}`, index])),
];

describe('MessagePack', () => {
  it.each(VALUES.map((value) => [JSON.stringify(value).slice(0, 40), value]))(
    'agrees with its peer on %s',
    (_, value) => {
      expect(peerDecode(encode(value))).toEqual(value);
      expect(decode(Buffer.from(peerEncode(value)))).toMatchObject({ value });
    },
  );

  it('keeps bytes and text apart, and strings that are no text as strings', () => {
    expect([...encode(new Binary(Uint8Array.of(255)))]).toEqual([0xc4, 1, 255]);
    expect([...encode(Uint8Array.of(255, 254))]).toEqual([0xa2, 255, 254]);
    expect(decode(Buffer.of(0xa2, 255, 254)).value).toEqual(Uint8Array.of(255, 254));
  });

  it('leaves out what is not there', () => {
    expect(peerDecode(encode({ a: undefined, b: 1 }))).toEqual({ b: 1 });
  });

  it('says how much is missing', () => {
    const whole = encode({ body: 'x'.repeat(1_000) });
    expect(() => decode(whole.subarray(0, 20))).toThrow(Incomplete);
    expect(() => decode(whole.subarray(0, 20))).toThrow(`at least ${whole.length} bytes`);
  });

  it.each([1, 2, 7, 1_000_000])('cuts messages out of chunks of %i bytes', (size) => {
    const messages = [[1, 'a'], { b: 'x'.repeat(100) }, 3];
    const bytes = Buffer.concat(messages.map((message) => encode(message)));
    const stream = new MessageStream();
    const found: LuaValue[] = [];
    for (let start = 0; start < bytes.length; start += size) {
      stream.push(bytes.subarray(start, start + size));
      for (let next = stream.next(); next; next = stream.next()) found.push(next.value);
    }
    expect(found).toEqual(messages);
  });
});

import { encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import { MalformedFrame } from './frame-reader.ts';
import { decodeRequest } from './message.ts';

describe("Kong's messages", () => {
  it('are a request with one argument', () => {
    expect(decodeRequest(encode([0, 3, 'plugin.HandleEvent', [{ InstanceId: 1 }]]))).toEqual({
      id: 3,
      method: 'plugin.HandleEvent',
      argument: { InstanceId: 1 },
    });
  });

  it('survive a header that any client can send: __proto__', () => {
    const headers = new Map([
      ['__proto__', ['x']],
      ['host', ['a']],
    ]);
    const pairs = [...headers].flatMap(([name, values]) => [...encode(name), ...encode(values)]);
    const frame = Buffer.concat([
      encode([0, 4, 'plugin.StepMultiMap', [{ EventId: 1, Data: null }]]).subarray(0, -1),
      Uint8Array.of(0x82, ...pairs),
    ]);
    expect(decodeRequest(frame)).toEqual({
      id: 4,
      method: 'plugin.StepMultiMap',
      argument: { EventId: 1, Data: { ':_proto__': ['x'], host: ['a'] } },
    });
  });

  it.each([
    ['a number', 7],
    ['an answer', [1, 2, null, {}]],
    ['a request without an id', [0, null, 'plugin.Step', []]],
    ['a request without a method', [0, 1, 2, []]],
  ])('are nothing else: %s', (_name, value) => {
    expect(() => decodeRequest(encode(value))).toThrow(MalformedFrame);
  });
});

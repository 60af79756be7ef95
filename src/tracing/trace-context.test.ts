import { describe, expect, it } from 'vitest';
import { laterParentOf, parentOf } from './trace-context.ts';

const CLIENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const KONG = '00-11111111111111111111111111111111-2222222222222222-01';
const JOINED = '00-4bf92f3577b34da6a3ce929d0e0e4736-2222222222222222-01';
const unsampled = (traceparent: string) => traceparent.replace(/01$/, '00');

describe('the parent of our spans', () => {
  it.each<[string, string | undefined, string | undefined, string | undefined]>([
    ['nobody', undefined, undefined, undefined],
    ["the client's span", CLIENT, undefined, CLIENT],
    ["Kong's span", undefined, KONG, KONG],
    ["Kong's span, in the trace of the client", CLIENT, KONG, JOINED],
    ['not sampled where the client says so', unsampled(CLIENT), KONG, unsampled(JOINED)],
    ['not sampled where Kong says so', CLIENT, unsampled(KONG), unsampled(JOINED)],
    ["Kong's where the client's is none", 'evil', KONG, KONG],
    ["the client's where Kong's is none", CLIENT, 'evil', CLIENT],
    ['without what stands behind it', `${CLIENT}-evil`, undefined, CLIENT],
    ['without flags that we do not know', CLIENT.replace(/01$/, 'ff'), undefined, CLIENT],
  ])('is %s', (_what, client, kong, parent) => {
    expect(parentOf(client, kong)).toBe(parent);
  });

  it.each<[string, string | undefined, string | undefined, string | undefined]>([
    ['what it was', CLIENT, undefined, CLIENT],
    ["Kong's span of now, in the same trace", CLIENT, KONG, JOINED],
    ['sampled if Kong says so by now', unsampled(CLIENT), KONG, JOINED],
    ["Kong's trace where there was none", undefined, KONG, KONG],
  ])('is in the response phase %s', (_what, before, kong, parent) => {
    expect(laterParentOf(before, kong)).toBe(parent);
  });
});

import { describe, expect, it } from 'vitest';
import { endpointOf, guardUrl, pollUrl, unredactUrl } from './endpoint.ts';

const BASE = 'https://api.crowdstrike.com/aidr/aiguard';

describe("AIDR's URLs", () => {
  it.each([
    BASE,
    `${BASE}/`,
    `${BASE}///`,
    ` ${BASE} `,
    `${BASE}/v1/guard_chat_completions`,
    `${BASE}/v1/guard_chat_completions/`,
  ])('have one slash at the joint: %j', (written) => {
    const endpoint = endpointOf(written, true);
    expect(guardUrl(endpoint)).toBe(`${BASE}/v1/guard_chat_completions`);
    expect(unredactUrl(endpoint)).toBe(`${BASE}/v1/unredact`);
  });
});

describe('the result of an accepted call', () => {
  const endpoint = endpointOf(BASE, true);

  it.each<[string, unknown, unknown, string | undefined]>([
    ['its location', `${BASE}/request/x1`, 'prq_1', `${BASE}/request/x1`],
    [
      'its location elsewhere on the origin',
      'https://api.crowdstrike.com/r?id=1',
      'prq_1',
      'https://api.crowdstrike.com/r?id=1',
    ],
    [
      'its location, the port written out',
      'https://API.crowdstrike.com:443/r',
      'prq_1',
      'https://api.crowdstrike.com/r',
    ],
    [
      'its id, the location being on another host',
      'https://evil.example/request/1',
      'prq_1',
      `${BASE}/request/prq_1`,
    ],
    [
      'its id, the location being on a host below',
      'https://x.api.crowdstrike.com/r',
      'prq_1',
      `${BASE}/request/prq_1`,
    ],
    [
      'its id, the location having another port',
      'https://api.crowdstrike.com:8443/r',
      'prq_1',
      `${BASE}/request/prq_1`,
    ],
    [
      'its id, the location having another scheme',
      'http://api.crowdstrike.com/r',
      'prq_1',
      `${BASE}/request/prq_1`,
    ],
    [
      'its id, the location being a blob of the origin',
      'blob:https://api.crowdstrike.com/1',
      'prq_1',
      `${BASE}/request/prq_1`,
    ],
    [
      'its id, the location having a user',
      'https://me@api.crowdstrike.com/r',
      'prq_1',
      `${BASE}/request/prq_1`,
    ],
    [
      'its id, the location having a password',
      'https://:pw@api.crowdstrike.com/r',
      'prq_1',
      `${BASE}/request/prq_1`,
    ],
    [
      'its id, the host being the user of another',
      'https://api.crowdstrike.com@evil.example/r',
      'prq_1',
      `${BASE}/request/prq_1`,
    ],
    ['its id, the location being relative', '/request/1', 'prq_1', `${BASE}/request/prq_1`],
    [
      'its id, the location being without a scheme',
      '//evil.example/request/1',
      'prq_1',
      `${BASE}/request/prq_1`,
    ],
    ['its id, the location being no text', { url: BASE }, 'prq_1', `${BASE}/request/prq_1`],
    ['its id, without a location', undefined, 'prq-1_A', `${BASE}/request/prq-1_A`],
    ['nowhere, the id leading elsewhere', undefined, '../v1/unredact', undefined],
    ['nowhere, the id having a query', undefined, 'prq_1?x', undefined],
    ['nowhere, the id being empty', undefined, '', undefined],
    ['nowhere, the id being endless', undefined, 'x'.repeat(129), undefined],
    ['nowhere, the id having a second line', undefined, 'prq_1\nx', undefined],
    ['nowhere, the id being a number', undefined, 7, undefined],
    ['nowhere, nothing being named', undefined, undefined, undefined],
  ])('is asked for at %s', (_name, location, requestId, expected) => {
    expect(pollUrl(endpoint, location, requestId)).toBe(expected);
  });
});

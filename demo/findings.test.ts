import { describe, expect, it } from 'vitest';
import type { Emulator, Finding } from '../testkit/aidr-emulator/index.ts';
import { shownFindings } from './findings.ts';

describe('the findings', () => {
  const finding = (request_id: string, more = {}): Finding => ({
    ...{ time: '2026-01-05T10:00:00.000Z', event_type: 'output', detector: 'malicious_prompt', type: 'T' },
    ...{ action: 'blocked', path: '$.messages[0].content', request_id, ...more },
  });
  const call = (request_id: string, kong_request_id: string) => ({
    body: { extra_info: { kong_request_id } },
    answer: { status: 200, body: { request_id } },
  });

  it('are one line for the calls of one request, and others for those of another', () => {
    const calls = [call('a', 'one'), call('b', 'one'), call('c', 'two')] as unknown as Emulator['calls'];
    const findings = [
      finding('a'),
      finding('b', { time: '2026-01-05T10:00:01.000Z' }),
      finding('b', { time: '2026-01-05T10:00:01.000Z', type: 'U' }),
      finding('c', { time: '2026-01-05T10:00:02.000Z' }),
      finding('by curl', { time: '2026-01-05T10:00:03.000Z' }),
    ];
    const shown = shownFindings({ calls, findings });
    expect(shown.map(({ request_id, type, calls: count }) => [request_id, type, count])).toEqual([
      ['by curl', 'T', 1],
      ['c', 'T', 1],
      ['b', 'T', 2],
      ['b', 'U', 1],
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import type { InspectionRecord } from '../inspection/report/record.ts';
import { recordHeader } from './record-header.ts';

const record: InspectionRecord = {
  ...{ outcome: 'allowed', strategy: 'enforce', provider: 'openai', api_uri: '/v1/chat/completions' },
  ...{ aidr_ms: 1.5, overhead_ms: 2, calls: 1, attempts: 1, bytes: 80, segments: 1 },
};

describe('how inspections ended, in a header', () => {
  it('says what matters most first, of both directions', () => {
    const header = recordHeader({
      request: { ...record, detectors: ['pii', 'topic'], would_redact: true },
      response: { ...record, outcome: 'blocked', rejected_with: 400 },
    });
    expect(header).toMatch(
      /^request\.outcome=allowed;response\.outcome=blocked;response\.rejected_with#400;/,
    );
    expect(header).toContain('request.aidr_ms#1.5;');
    expect(header).toContain('request.detectors*pii,topic;');
    expect(header).toContain('request.would_redact!;');
  });

  it('holds nothing of the content', () => {
    expect(recordHeader({ request: { ...record, blocked_content: ['a secret'] } })).not.toContain('secret');
  });

  it('is one line of at most 512 characters, whatever AIDR or the body says', () => {
    const odd = 'a;b\r\nc: d,é'.repeat(30);
    const header = recordHeader({
      request: { ...record, model: odd, policy: odd, detectors: Array(32).fill(odd), failure_detail: odd },
      response: { ...record, aidr_request_ids: [odd, odd], formats: [odd], skipped_because: odd },
    });
    expect(header).toMatch(/^[\x20-\x7e]{1,512}$/);
    for (const entry of header.slice(0, -1).split(';'))
      expect(entry).toMatch(/^(request|response)\.\w+[=#*!]/);
  });

  it('is empty where nothing has ended', () => {
    expect(recordHeader({})).toBe('');
  });
});

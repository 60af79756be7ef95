/** How each plugin has its plugin server refuse requests in its place. */
import { describe, expect, it } from 'vitest';
import { PHASE_FAILURES, type PhaseFailure, type Refuser } from '../../src/inspection/refusal/refuser.ts';
import { Plugin as McpPlugin } from '../crowdstrike-aidr-mcp/index.ts';
import { Plugin as RequestPlugin } from '../crowdstrike-aidr-request/index.ts';
import { Plugin as ResponsePlugin } from '../crowdstrike-aidr-response/index.ts';

const KEY = { ai_guard_api_key: 'pts_demo' };
const upstream = (provider: string, api_uri = 'auto') => ({ upstream_llm: { provider, api_uri } });
const OPENAI = { ...KEY, ...upstream('openai') };

type Start = (more?: object) => Refuser;
const request: Start = (more) => new RequestPlugin({ ...OPENAI, ...more }).refuser;
const response: Start = (more) => new ResponsePlugin({ ...OPENAI, ...more }).refuser;
const mcp: Start = (more) => new McpPlugin({ ...KEY, ...more }).refuser;
const PLUGINS: [string, Start][] = [
  ['request', request],
  ['response', response],
  ['mcp', mcp],
];

const DIRECTIONS = ['request', 'response'] as const;
const STATUS: Record<PhaseFailure, number> = { overloaded: 503, timeout: 503, internal: 500 };
const RETRY: Record<PhaseFailure, object> = {
  overloaded: { 'Retry-After': '1' },
  timeout: { 'Retry-After': '1' },
  internal: { 'x-should-retry': 'false' },
};
const REASON = {
  request: 'Prompt could not be inspected by CrowdStrike AIDR',
  response: 'Response could not be inspected by CrowdStrike AIDR',
};

const bodyOf = (
  refuser: Refuser,
  direction: 'request' | 'response' = 'request',
  why: PhaseFailure = 'timeout',
) => JSON.parse(String(refuser.replyToFailure(direction, why).body));

describe.each(PLUGINS)('the %s plugin has requests refused', (name, start) => {
  it.each(PHASE_FAILURES)('in stealth without a name, because of %s', (why) => {
    for (const direction of DIRECTIONS) {
      const reply = start({ rejection_style: 'stealth' }).replyToFailure(direction, why);
      expect(reply).toMatchObject({ status: STATUS[why], headers: RETRY[why] });
      expect(JSON.stringify(reply)).not.toMatch(/crowdstrike|aidr|inspect/i);
      expect(JSON.parse(String(reply.body)).error.message).toBe('request failed');
    }
  });

  it.each(['provider', 'plain', 'completion'])(
    'in %s with the reason and the status of the table',
    (style) => {
      for (const direction of DIRECTIONS)
        for (const why of PHASE_FAILURES) {
          const refuser = start({ rejection_style: style });
          const reply = refuser.replyToFailure(direction, why);
          expect(reply).toMatchObject({ status: STATUS[why], headers: RETRY[why] });
          const body = bodyOf(refuser, direction, why);
          const told = name === 'mcp' ? body.error.data : body;
          expect(told).toMatchObject({ reason: why, status: REASON[direction] });
          if (style === 'plain') expect(Object.keys(told)).toEqual(['reason', 'status']);
          else expect(told.code).toBe(`aidr_${why}`);
        }
    },
  );

  it('by a reply that is made once', () => {
    const refuser = start();
    expect(refuser.replyToFailure('request', 'timeout')).toBe(refuser.replyToFailure('request', 'timeout'));
  });

  it('unless this is an audit', () => {
    expect(start().neverRefuses).toBe(false);
    expect(start({ enforcing_strategy: 'audit' }).neverRefuses).toBe(true);
  });
});

describe('the shape of such a refusal', () => {
  it.each<[string, object]>([
    ['openai', { error: { type: 'server_error', code: 'aidr_timeout', param: null } }],
    ['anthropic', { type: 'error', error: { type: 'api_error', details: { error_code: 'aidr_timeout' } } }],
    ['gemini', { error: { code: 503, status: 'UNAVAILABLE' } }],
    ['bedrock', { message: expect.stringContaining('try again') }],
    ['cohere', { message: expect.stringContaining('try again') }],
  ])('is that of %s', (provider, members) => {
    const refuser = request(upstream(provider));
    expect(bodyOf(refuser)).toMatchObject(members);
  });

  it('has the header that clients of Bedrock read', () => {
    const { headers } = request(upstream('bedrock')).replyToFailure('request', 'timeout');
    expect(headers).toMatchObject({ 'x-amzn-errortype': 'ServiceUnavailableException' });
  });

  it('is that of several providers at once behind a gateway, whose clients may speak any API', () => {
    const body = bodyOf(request(upstream('kong', '/llm/v1/chat')));
    const { message } = body;
    expect(body).toMatchObject({
      type: 'error',
      error: { type: 'api_error', message, code: 'aidr_timeout' },
    });
  });

  it.each([
    ['mcp', -32_000],
    ['a2a', -32_001],
  ])('is that of %s, with the code that is configured', (protocol, code) => {
    expect(bodyOf(mcp({ protocol, error_code: code }))).toMatchObject({
      jsonrpc: '2.0',
      id: null,
      error: { code },
    });
  });
});

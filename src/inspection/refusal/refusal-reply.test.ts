import { describe, expect, it } from 'vitest';
import { parseStream } from '../../body/stream/index.ts';
import { PROVIDERS } from '../../formats/providers.ts';
import { readStream } from '../../formats/read.ts';
import { routeFormats } from '../../formats/registry.ts';
import { guardPlugin } from '../../kong/guard-plugin.ts';
import { createInspector } from '../create-inspector.ts';
import { REFUSALS } from './refusal-codes.ts';
import { type RefusedClient, refusalReply } from './refusal-reply.ts';
import { replyToAnyone } from './refusal-to-anyone.ts';
import { failure, type Rejection, undecodable, violation } from './rejection.ts';

const guardOf = (provider: string, more: object = {}, api_uri = 'auto') =>
  createInspector({ ai_guard_api_key: 'pts_demo', upstream_llm: { provider, api_uri }, ...more }, 'request')
    .inspector;

const OPENAI = guardOf('openai');
const BLOCKED = violation('request', OPENAI.config, {
  summary: 'Malicious Prompt was detected and blocked.',
  findings: [{ detector: 'malicious_prompt', types: [] }],
  requestId: 'prq_1',
});
const TIMEOUT = failure('request', { class: 'timeout', detail: '' });
const BUG = failure('request', { class: 'internal', detail: '' });
const UNREADABLE = undecodable('response', 'invalid_json');
const SENTENCE =
  'Prompt has been rejected by CrowdStrike AIDR: Malicious Prompt was detected (AIDR request prq_1).';
const code = 'aidr_prompt_blocked';

const bodyOf = (...args: Parameters<typeof refusalReply>) => JSON.parse(String(refusalReply(...args).body));

describe('a refusal in the style provider', () => {
  it.each<[string, string, object]>([
    [
      'openai',
      '/v1/chat/completions',
      { error: { message: SENTENCE, type: 'invalid_request_error', param: null, code } },
    ],
    [
      'azureai',
      '/openai/deployments/d/chat/completions',
      { error: { message: SENTENCE, type: 'invalid_request_error', param: null, code } },
    ],
    [
      'anthropic',
      '/v1/messages',
      {
        type: 'error',
        error: { type: 'invalid_request_error', message: SENTENCE, details: { error_code: code } },
        request_id: 'prq_1',
        message: SENTENCE,
      },
    ],
    [
      'gemini',
      '/v1beta/models/g:generateContent',
      { error: { code: 400, message: SENTENCE, status: 'INVALID_ARGUMENT' } },
    ],
    ['bedrock', '/model/m/converse', { message: SENTENCE }],
    ['cohere', '/v2/chat', { message: SENTENCE }],
    [
      'openai',
      '/api/v1/services/aigc/text-generation/generation',
      { message: SENTENCE, request_id: 'prq_1' },
    ],
    ['openai', '/api/v1/tasks/1', { message: SENTENCE, request_id: 'prq_1' }],
    ['openai', '/generate_stream', { error: SENTENCE, error_type: 'validation' }],
    ['openai', '/embed_all', { error: SENTENCE, error_type: 'validation' }],
    ['openai', '/api/show', { error: SENTENCE }],
    ['kong', '/anything', { error: { message: SENTENCE, type: 'invalid_request_error', param: null, code } }],
  ])('has what the clients of %s read beside the contract', (provider, path, members) => {
    const { reason, status } = BLOCKED;
    expect(bodyOf(guardOf(provider), BLOCKED, { path })).toEqual({ reason, status, code, ...members });
  });

  it.each<[string, string, RefusedClient, (body: { error?: unknown; type?: unknown }) => unknown, unknown]>([
    ['the path', 'openai', { path: '/x/v1/messages' }, ({ type }) => type, 'error'],
    [
      "the path, before the prompt's format",
      'kong',
      { path: '/v1/chat/completions', formats: ['kong.ollama'] },
      ({ error }) => typeof error,
      'object',
    ],
    [
      "the prompt's format among those of the path",
      'openai',
      { path: '/generate', formats: ['sglang.generate'] },
      ({ error }) => typeof error,
      'object',
    ],
    ["Ollama's path", 'kong', { path: '/api/chat' }, ({ error }) => typeof error, 'string'],
    [
      "the prompt's format where the path is of no API",
      'kong',
      { path: '/ask', formats: ['anthropic.messages'] },
      ({ type }) => type,
      'error',
    ],
    ['the route where nothing else is known', 'anthropic', { path: '/ask' }, ({ type }) => type, 'error'],
  ])('goes by %s', (_name, provider, client, pick, expected) => {
    expect(pick(bodyOf(guardOf(provider), BLOCKED, client))).toBe(expected);
  });

  it.each<[string, Rejection, string, string]>([
    ['openai', TIMEOUT, 'server_error', ''],
    ['gemini', TIMEOUT, 'UNAVAILABLE', ''],
    ['gemini', BUG, 'INTERNAL', ''],
    ['gemini', UNREADABLE, 'INVALID_ARGUMENT', ''],
    ['anthropic', TIMEOUT, 'api_error', ''],
    ['bedrock', TIMEOUT, '', 'ServiceUnavailableException'],
    ['bedrock', BUG, '', 'InternalServerException'],
    ['bedrock', UNREADABLE, '', 'ValidationException'],
  ])('of %s names the kind of error as its status does', (provider, rejection, inBody, inHeader) => {
    const { body, headers } = refusalReply(guardOf(provider), rejection, { path: '/' });
    expect(String(body)).toContain(inBody);
    expect(headers['x-amzn-errortype'] ?? '').toBe(inHeader);
  });

  it.each([
    [BLOCKED, { 'x-should-retry': 'false' }],
    [UNREADABLE, { 'x-should-retry': 'false' }],
    [BUG, { 'x-should-retry': 'false' }],
    [TIMEOUT, { 'Retry-After': '1' }],
  ])('of $code says whether to repeat the request', (rejection, expected) => {
    for (const rejection_style of ['provider', 'plain']) {
      const { headers } = refusalReply(guardOf('openai', { rejection_style }), rejection, { path: '/' });
      expect(headers).toEqual({ 'Content-Type': 'application/json', ...expected });
    }
  });
});

describe('a refusal in another style', () => {
  it("is CrowdStrike's own in plain", () => {
    const { reason, status } = BLOCKED;
    expect(bodyOf(guardOf('openai', { rejection_style: 'plain' }), BLOCKED, { path: '/' })).toEqual({
      reason,
      status,
    });
  });

  it.each([
    [BLOCKED, 403, 'request forbidden', undefined],
    [UNREADABLE, 403, 'request forbidden', undefined],
    [TIMEOUT, 503, 'request failed', '1'],
    [BUG, 500, 'request failed', undefined],
  ])('says nothing in stealth: $code', (rejection, status, message, retryAfter) => {
    const reply = refusalReply(guardOf('openai', { rejection_style: 'stealth' }), rejection, { path: '/' });
    expect(reply).toMatchObject({ status, body: JSON.stringify({ error: { message } }) });
    expect(reply.headers['Retry-After']).toBe(retryAfter);
    expect(JSON.stringify(reply)).not.toMatch(/aidr|crowdstrike|inspect/i);
  });

  const completing = (provider: string) => guardOf(provider, { rejection_style: 'completion' });

  it.each<[string, Rejection, RefusedClient]>([
    ['a failure', TIMEOUT, { path: '/v1/chat/completions' }],
    ['an answer that cannot be read', UNREADABLE, { path: '/v1/chat/completions' }],
    ['an endpoint whose answers hold no sentences', BLOCKED, { path: '/v1/embeddings' }],
    ['an answer that ai-proxy translates', BLOCKED, { path: '/v1/chat/completions', isTranslated: true }],
  ])('is an error in completion too: %s', (_name, rejection, client) => {
    expect(refusalReply(completing('openai'), rejection, client).status).toBe(rejection.httpStatus);
  });

  it.each([
    ['openai', '/v1/responses/input_tokens'],
    ['openai', '/v1/responses;x//input_tokens/'],
    ['openai', '/v1/chat/completions/render'],
    ['openai', '/v1/completions/render'],
    ['openai', '/v1/chat/completions/input_tokens'],
    ['openai', '/apply-template'],
    ['openai', '/tokenize'],
    ['openai', '/invocations'],
    ['openai', '/generate_from_file'],
    ['cohere', '/v2/chat/render'],
    ['anthropic', '/v1/messages/count_tokens'],
    ['bedrock', '/model/meta.llama3-8b-instruct-v1:0/invoke'],
    ['bedrock', '/model/meta.llama3-8b-instruct-v1:0/invoke-with-response-stream'],
  ])('is an error in completion at %s %s, which answers otherwise', (provider, path) => {
    for (const asksForStream of [false, true])
      expect(refusalReply(completing(provider), BLOCKED, { path, asksForStream }).status).toBe(400);
  });

  it('holds the sentence in completion, with the model and no usage', () => {
    const body = bodyOf(completing('openai'), BLOCKED, { path: '/v1/chat/completions', model: 'gpt-x' });
    expect(body).toMatchObject({ object: 'chat.completion', model: 'gpt-x', usage: { total_tokens: 0 } });
    expect(body.choices[0].message.content).toBe(SENTENCE);
  });

  it.each([
    ['/completion', { content: SENTENCE, stop: true }],
    ['/infill', { content: SENTENCE, stop: true }],
    ['/generate_stream', { generated_text: SENTENCE }],
  ])('is in completion what an open server says at %s, whole and streamed', (path, expected) => {
    expect(bodyOf(completing('openai'), BLOCKED, { path })).toMatchObject(expected);
    const { status, headers, body } = refusalReply(completing('openai'), BLOCKED, {
      path,
      asksForStream: true,
    });
    expect([status, headers['Content-Type']]).toEqual([200, 'text/event-stream']);
    const parsed = parseStream(Buffer.from(String(body)), 'text/event-stream');
    const formats = routeFormats('openai', 'auto') ?? { configured: [], all: [] };
    const read = readStream(formats, parsed?.ok ? parsed.document.events : [], path);
    expect(read.isRecognised).toBe(true);
    expect(read.extraction.segments.map(({ text }) => text)).toContain(SENTENCE);
  });

  it('is in completion a list of events, or a list, as Google\u2019s query asks', () => {
    const client = { path: '/v1beta/models/g:streamGenerateContent', asksForStream: true };
    const list = refusalReply(completing('gemini'), BLOCKED, client);
    expect(JSON.parse(String(list.body))).toHaveLength(1);
    const events = refusalReply(completing('gemini'), BLOCKED, { ...client, asksForEvents: true });
    expect(events.headers['Content-Type']).toBe('text/event-stream');
    expect(events.body).toMatch(/^data: \{"candidates":.*\}\n\n$/);
  });
});

describe('a refusal to anyone', () => {
  it.each([
    ['access', 'request', 'guard: the prompt was not inspected'],
    ['header_filter', 'response', 'guard: the answer was not inspected'],
  ] as const)("is the guard's in %s", (phase, direction, reason) => {
    const [lua = ''] = guardPlugin(['request', 'response'], false).config[phase] ?? [];
    const values = Object.fromEntries(
      [...lua.matchAll(/local (status|message) = (?:(\w+) \.\. )?"([^"]*)"/g)].map(([, name, , text]) => [
        name,
        text,
      ]),
    );
    const { status = '' } = values;
    // In access there are several reasons.
    const why = new RegExp(`"${reason}", "([^"]*)"`).exec(lua)?.[1];
    const message = why === undefined ? values.message : `: ${why}`;
    const words: Record<string, string> = { status, message: `${status}${message}`, reason };
    const joined = (expression = '') =>
      expression
        .split(/\s*\.\.\s*/)
        .map((part) => (part.startsWith("'") ? part.slice(1, -1) : words[part]))
        .join('');
    const partOf = (variable: string) => joined(new RegExp(`local ${variable} = (.*)`).exec(lua)?.[1]);
    const [, text, object] = /local error = is_text and (.*) or\n\s*(.*)/.exec(lua) ?? [];
    const bodyWith = (error: string) => {
      words.error = error;
      return JSON.parse(`{${partOf('told')}${partOf('members')}}`);
    };
    const expected = failure(direction, { class: 'overloaded', detail: '' });
    const refused = {
      ...expected,
      code: 'aidr_not_inspected' as const,
      ...{ reason, explanation: REFUSALS.aidr_not_inspected.means },
    };
    const all = JSON.parse(String(replyToAnyone(refused).body));
    expect(bodyWith(joined(object))).toEqual(all);
    expect(bodyWith(joined(text))).toEqual({ ...all, error: all.message });
  });
});

it('every provider says how its clients are told', () => {
  for (const { name, refusals = [] } of PROVIDERS) expect(refusals.length, name).toBeGreaterThan(0);
});

describe('what cannot be inspected, however often it is repeated,', () => {
  it.each(['provider', 'plain', 'completion'])(
    'has the status that is set, in the style %s',
    (rejection_style) => {
      const guard = guardOf('gemini', { rejection_style, uninspected_status: 400 });
      const reply = refusalReply(guard, UNREADABLE, { path: '/v1beta/models/g:generateContent' });
      expect([reply.status, reply.headers['x-should-retry']]).toEqual([400, 'false']);
      const { error } = JSON.parse(String(reply.body));
      if (error) expect(error).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT' });
    },
  );

  it('leaves every other refusal its own', () => {
    const guard = guardOf('openai', { uninspected_status: 418 });
    for (const [rejection, status] of [
      [BLOCKED, 400],
      [TIMEOUT, 503],
      [BUG, 500],
    ] as const)
      expect(refusalReply(guard, rejection, {}).status).toBe(status);
  });
});

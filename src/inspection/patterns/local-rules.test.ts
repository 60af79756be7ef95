import { describe, expect, it } from 'vitest';
import { ConfigurationError, loadConfig } from '../../config/load.ts';
import { readRequest } from '../../formats/read.ts';
import { routeFormats } from '../../formats/registry.ts';
import type { JsonObject } from '../../formats/segment.ts';
import { localRules } from './local-rules.ts';

type Provider = 'anthropic' | 'bedrock' | 'cohere' | 'gemini' | 'kong' | 'openai';

function config(settings: object, provider: Provider = 'openai') {
  const minimal = { ai_guard_api_key: 'k', upstream_llm: { provider, api_uri: 'auto' } };
  return loadConfig({ ...minimal, ...settings }, 'request').config;
}

/** @returns the reason of the rejection; undefined when there is none */
async function reasonFor(settings: object, body: JsonObject, provider: Provider = 'openai') {
  const formats = routeFormats(provider, 'auto');
  if (!formats) throw new Error(`no formats for ${provider}`);
  const { extraction } = readRequest(formats, body, '/');
  return (await localRules(config(settings, provider))?.(extraction.segments))?.reason;
}

/** `u:`, `a:`, `s:`, `t:` before each message's text; `|` between its parts. */
function chat(...lines: string[]): JsonObject {
  const roles: Record<string, string> = { u: 'user', a: 'assistant', s: 'system', t: 'tool' };
  const messages = lines.map((line) => {
    const parts = line.slice(2).split('|');
    const content = parts.length === 1 ? parts[0] : parts.map((text) => ({ type: 'text', text }));
    return { role: roles[line.charAt(0)], content };
  });
  return { messages };
}

const LAST_ONLY = { allow_all_conversation_history: true };
const ALL_ROLES = { match_all_roles: true };
const denied = (rule = 1) => `denied by deny_patterns rule ${rule}`;
const NOT_ALLOWED = 'no allow_patterns rule matches';

describe('a deny pattern', () => {
  it.each<[string, object, string[], string | undefined]>([
    ['in the only message', {}, ['u:the bomb'], denied()],
    ['nowhere', {}, ['u:the balm'], undefined],
    ['in an earlier message', {}, ['u:the bomb', 'a:no', 'u:well'], denied()],
    ['in an earlier message, with the last only', LAST_ONLY, ['u:the bomb', 'a:no', 'u:well'], undefined],
    ['in the last of several, with the last only', LAST_ONLY, ['u:hi', 'a:no', 'u:the bomb'], denied()],
    ['before a tool call, with the last only', LAST_ONLY, ['u:the bomb', 'a:call', 't:result'], denied()],
    ['before a prefilled answer, with the last only', LAST_ONLY, ['u:the bomb', 'a:Sure'], denied()],
    ['before another message of the turn, with the last only', LAST_ONLY, ['u:the bomb', 'u:well'], denied()],
    ['in what another role says', {}, ['s:bomb', 'u:hi', 'a:bomb', 't:bomb', 'u:hi'], undefined],
    ['in a system message, with all roles', ALL_ROLES, ['s:the bomb', 'u:hi'], denied()],
    ['in an answer, with all roles', ALL_ROLES, ['u:hi', 'a:the bomb', 'u:hi'], denied()],
    ['in a tool result, with all roles', ALL_ROLES, ['u:hi', 'a:call', 't:the bomb'], denied()],
  ])('that stands %s', async (_name, settings, lines, reason) => {
    expect(await reasonFor({ deny_patterns: ['bomb'], ...settings }, chat(...lines))).toBe(reason);
  });

  it.each<[string, string, object, string[], string | undefined]>([
    ['over two messages, newest first, as Kong joins them', 'a b c', {}, ['u:b c', 'u:a'], denied()],
    ['over two messages as the model reads them', 'a b c', {}, ['u:a', 'u:b c'], denied()],
    ['at the end, where Kong puts a blank', 'bomb\\s', {}, ['u:the bomb'], denied()],
    ['over two parts', 'build a bomb', {}, ['u:build a|bomb'], denied()],
    ['over two parts that cut a word', 'bomb', {}, ['u:bo|mb'], denied()],
    ['over two messages that cut a word', 'bomb', {}, ['u:bo', 'u:mb'], denied()],
    ['over two parts of the last message', 'bomb', LAST_ONLY, ['u:bo', 'a:x', 'u:bo|mb'], denied()],
    ['at the start of an earlier message', '^bomb', {}, ['u:bomb', 'u:hi'], denied()],
    ['at the start of a part', '^bomb', {}, ['u:the|bomb'], denied()],
    ['at the start of a message that is cut', '^bomb', {}, ['u:hi', 'u:b|omb', 'u:hi'], denied()],
    ['as a whole message', '^bomb$', {}, ['u:hi', 'u:bomb', 'u:hi'], denied()],
    ['as a whole message with a line end', '^bomb$', {}, ['u:bomb\n'], denied()],
    ['as a whole message that goes on', '^bomb$', {}, ['u:bomb\nsquad'], undefined],
    ['in no text', '^$', {}, ['s:the bomb'], denied()],
    ['nowhere in no text', '\\s', {}, ['s:the bomb'], undefined],
    ['as a vertical tab', 'the\\x0bbomb', {}, ['u:the\vbomb'], denied()],
    ['around a vertical tab', 'the\\s+bomb', {}, ['u:the\vbomb'], denied()],
  ])('is found %s', async (_name, pattern, settings, lines, reason) => {
    expect(await reasonFor({ deny_patterns: [pattern], ...settings }, chat(...lines))).toBe(reason);
  });

  it.each<[Provider, string, JsonObject]>([
    ['openai', 'completions', { prompt: 'the bomb' }],
    ['openai', 'completions of several', { prompt: ['hi', 'the bomb'] }],
    ['openai', 'responses', { input: 'the bomb' }],
    [
      'openai',
      'responses in items',
      { input: [{ role: 'user', content: [{ type: 'input_text', text: 'the bomb' }] }] },
    ],
    ['openai', 'embeddings', { model: 'm', input: ['hi', 'the bomb'] }],
    ['openai', 'a key that no format knows', { ...chat('u:hi'), note: 'the bomb' }],
    ['anthropic', 'messages', chat('u:the|bomb')],
    ['anthropic', 'complete', { prompt: '\n\nHuman: the bomb\n\nAssistant:' }],
    [
      'anthropic',
      'a document beside the question',
      {
        messages: [
          {
            role: 'user',
            content: [
              { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'the bomb' } },
              { type: 'text', text: 'Sum up.' },
            ],
          },
        ],
      },
    ],
    ['cohere', 'v2 chat', chat('u:the bomb')],
    ['cohere', 'v1 chat', { message: 'the bomb' }],
    ['gemini', 'contents', { contents: [{ parts: [{ text: 'the ' }, { text: 'bo' }, { text: 'mb' }] }] }],
    ['bedrock', 'converse', { messages: [{ role: 'user', content: [{ text: 'the bomb' }] }] }],
    ['bedrock', 'Titan', { inputText: 'the bomb' }],
    ['kong', 'chat', chat('u:the bomb')],
  ])('is found in %s %s', async (provider, _name, body) => {
    const quiet = JSON.parse(JSON.stringify(body).replaceAll('bo', 'ba'));
    for (const settings of [{}, LAST_ONLY]) {
      expect(await reasonFor({ deny_patterns: ['bomb'], ...settings }, body, provider)).toBe(denied());
      expect(await reasonFor({ deny_patterns: ['bomb'], ...settings }, quiet, provider)).toBeUndefined();
    }
  });

  it('is not outrun by a conversation under another key', async () => {
    const body = {
      ...chat('u:the bomb'),
      input: [{ role: 'assistant', content: 'ok' }, chat('u:hi').messages],
    };
    expect(await reasonFor({ deny_patterns: ['bomb'], ...LAST_ONLY }, body)).toBe(denied());
  });

  it('is named by the number of the first that matches, and outweighs every allow pattern', async () => {
    const settings = { deny_patterns: ['no', 'bomb', 'the'], allow_patterns: ['.*'] };
    expect(await reasonFor(settings, chat('u:the bomb'))).toBe(denied(2));
  });
});

describe('an allow pattern', () => {
  it.each<[string, string[], object, string[], string | undefined]>([
    ['that matches', ['weather'], {}, ['u:the weather?'], undefined],
    ['that is the second', ['news', 'weather'], {}, ['u:the weather?'], undefined],
    ['that matches nothing', ['news', 'sports'], {}, ['u:the weather?'], NOT_ALLOWED],
    ['that matches an earlier message', ['weather'], {}, ['u:the weather?', 'a:x', 'u:ok'], undefined],
    [
      'that matches an earlier message, with the last only',
      ['weather'],
      LAST_ONLY,
      ['u:the weather?', 'a:x', 'u:ok'],
      NOT_ALLOWED,
    ],
    ['that matches the newest message from its start', ['^weather'], {}, ['u:hi', 'u:weather?'], undefined],
    ['that matches a message as a whole', ['^weather$'], {}, ['u:weather'], undefined],
    ['that matches one of two messages as a whole', ['^weather$'], {}, ['u:bomb', 'u:weather'], NOT_ALLOWED],
    ['that matches one of two parts as a whole', ['^weather$'], LAST_ONLY, ['u:bomb|weather'], NOT_ALLOWED],
    ['that takes a vertical tab for no blank', ['^\\S$'], {}, ['u:\v'], NOT_ALLOWED],
    ['that takes a vertical tab for a blank', ['^\\s$'], {}, ['u:\v'], undefined],
    ['that matches what the system says', ['weather'], {}, ['s:weather', 'u:bomb'], NOT_ALLOWED],
    [
      'that matches what the system says, with all roles',
      ['weather'],
      ALL_ROLES,
      ['s:weather', 'u:x'],
      undefined,
    ],
    [
      'that matches the turn but not its last message',
      ['weather'],
      LAST_ONLY,
      ['u:weather', 'u:x'],
      NOT_ALLOWED,
    ],
    ['that matches the last of a turn as a whole', ['^weather$'], LAST_ONLY, ['u:x', 'u:weather'], undefined],
    [
      'that matches the only role that spoke, with all roles',
      ['weather'],
      ALL_ROLES,
      ['s:weather'],
      undefined,
    ],
    ['without any text of the user', ['weather'], {}, ['s:weather'], NOT_ALLOWED],
    ['that matches no text, without any', ['.*'], {}, ['s:weather'], undefined],
  ])('%s decides', async (_name, patterns, settings, lines, reason) => {
    expect(await reasonFor({ allow_patterns: patterns, ...settings }, chat(...lines))).toBe(reason);
  });

  it.each<[string, Provider, JsonObject]>([
    ['under another key', 'openai', { ...chat('u:bomb'), note: 'weather' }],
    ['in another prompt of the list', 'openai', { prompt: ['weather', 'bomb'] }],
    [
      'in another request of the batch',
      'anthropic',
      { requests: ['weather', 'bomb'].map((text) => ({ custom_id: 'c', params: chat(`u:${text}`) })) },
    ],
    ['in a document beside the prompt', 'cohere', { message: 'bomb', documents: [{ text: 'weather' }] }],
  ])('that matches %s allows nothing', async (_name, provider, body) => {
    expect(await reasonFor({ allow_patterns: ['weather'] }, body, provider)).toBe(NOT_ALLOWED);
  });

  it('need not match the documents that a question comes with', async () => {
    const body = { message: 'weather?', documents: [{ text: 'rain' }] };
    expect(await reasonFor({ allow_patterns: ['weather'] }, body, 'cohere')).toBeUndefined();
  });
});

describe('local rules', () => {
  it('are nothing without patterns', () => {
    expect(localRules(config({ deny_patterns: [], ...ALL_ROLES }))).toBeUndefined();
  });

  it('reject as AIDR does, in the words of the configuration', async () => {
    const rules = localRules(
      config({ deny_patterns: ['bomb'], request_failure_message: 'No.', reveal_reason: false }),
    );
    const { extraction } = readRequest({ configured: [], all: [] }, { note: 'bomb' }, '/');
    expect(await rules?.(extraction.segments)).toEqual({
      code: 'aidr_denied_by_pattern',
      httpStatus: 400,
      reason: 'The content violates a policy.',
      status: 'No.',
    });
  });

  it.each<[string, object, string]>([
    ['lookaround', { deny_patterns: ['a', '(?=secret)'] }, 'deny_patterns: rule 2 needs lookaround'],
    [
      'a back-reference',
      { allow_patterns: ['(secret)\\1'] },
      'allow_patterns: rule 1 needs a back-reference',
    ],
    ['a broken pattern', { deny_patterns: ['secret('] }, 'deny_patterns: rule 1 is not a regular expression'],
    [
      'a program too large',
      {
        deny_patterns: ['secret.{1000}', '.{1000}'],
        allow_patterns: ['(?:.{1000}){1}.{1000}.{1000}.{1000}'],
      },
      'instructions, more than 5000',
    ],
    ['both scopes', { ...LAST_ONLY, ...ALL_ROLES }, 'match_all_roles: cannot be set together'],
  ])('refuse to start with %s, without a word of the pattern', (_name, settings, message) => {
    const start = () => localRules(config(settings));
    expect(start).toThrow(ConfigurationError);
    expect(start).toThrow(message);
    expect(start).not.toThrow('secret');
  });

  it.each<[string, string[], number]>([
    ['than AIDR would take', ['bomb'], 2_100_000],
    ['for a pattern of many instructions', ['(?i)ignore.{0,200}rules'], 600_000],
    [
      'for all patterns together',
      Array.from({ length: 10 }, (_, n) => `(?i)${'abcdefgh'.repeat(8)}${n}`),
      2_000_000,
    ],
  ])('reject a prompt that is longer %s', async (_name, patterns, length) => {
    const rules = localRules(config({ deny_patterns: patterns, on_uninspectable: 'allow' }));
    const { extraction } = readRequest({ configured: [], all: [] }, { note: 'x'.repeat(length) }, '/');
    expect(await rules?.(extraction.segments)).toMatchObject({
      httpStatus: 413,
      reason: 'the prompt is too long for deny_patterns and allow_patterns',
    });
  });

  it('let other requests have their turn between two patterns', async () => {
    const rules = localRules(config({ deny_patterns: ['(?i)bomb', '(?i)balm'] }));
    const { extraction } = readRequest({ configured: [], all: [] }, { note: 'x'.repeat(2_000_000) }, '/');
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    expect(await rules?.(extraction.segments)).toBeUndefined();
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
  });
});

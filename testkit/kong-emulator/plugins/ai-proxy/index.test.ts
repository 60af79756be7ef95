/** ai-proxy in the gateway, alone and beside a plugin with a response phase. Every row was seen on Kong 3.9.1. */

import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GUARD_BODY_FILTER_LUA, GUARD_HEADER_FILTER_LUA } from '../../../../src/kong/lua/lua-files.ts';
import { type Gateway, startGateway } from '../../index.ts';
import { type Answer, send } from '../../testing/send.ts';
import { type StockServers, steps, stockServers } from '../../testing/stock-server.ts';
import { startUpstream, type TestUpstream } from '../../testing/upstream.ts';

const MESSAGE = {
  model: 'claude-x',
  stop_reason: 'end_turn',
  content: [{ type: 'text', text: 'secret' }],
  usage: { input_tokens: 3, output_tokens: 4 },
};
const CHAT = { choices: [{ index: 0, message: { role: 'assistant', content: 'secret' } }] };
const TRANSLATED = {
  choices: [{ index: 0, message: { role: 'assistant', content: 'secret' }, finish_reason: 'end_turn' }],
  usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
  model: 'claude-x',
  object: 'chat.completion',
};
const event = (type: string, fields: object) => `event: ${type}\ndata: ${JSON.stringify(fields)}\n\n`;
const EVENTS = [
  event('message_start', { message: { id: 'm', role: 'assistant' } }),
  event('content_block_start', { content_block: { type: 'text', text: '' } }),
  event('content_block_delta', { delta: { text: 'secret' } }),
  event('message_delta', { usage: { output_tokens: 4 } }),
  event('message_stop', {}),
].join('');
const CHUNKS = 'data: {"choices":[{"delta":{"content":"secret"}}]}\n\ndata: [DONE]\n\n';

/** What a route has beside ai-proxy. */
const BESIDE: Readonly<Record<string, string>> = {
  alone: '',
  pass: `, { name: script-response, config: { access: ${steps(['kong.nginx.getCtx', 'ai_executed_filters'])}, response: ${steps(['kong.nginx.getCtx', 'ai_executed_filters'], ['kong.nginx.getCtx', 'buffered_proxying'])} } }`,
  exit: `, { name: script-response, config: { response: ${steps(['kong.response.exit', 200, '{"own":1}', {}])} } }`,
  set: `, { name: script-response, config: { response: ${steps(['kong.nginx.setCtx', 'buffered_body', JSON.stringify({ ...MESSAGE, ...CHAT, content: [{ type: 'text', text: '***' }] })])} } }`,
  length: `, { name: script-response, config: { response: ${steps(['kong.nginx.setCtx', 'buffered_body', '{"a":1}'], ['kong.response.setHeader', 'content-length', '7'])} } }`,
  unbuffered: `, { name: script-response, config: { access: ${steps(['kong.nginx.setCtx', 'buffered_proxying', false])} } }`,
  guarded: `, ${JSON.stringify({ name: 'post-function', config: { header_filter: [GUARD_HEADER_FILTER_LUA] } })}`,
  guarding: `, ${JSON.stringify({ name: 'post-function', config: { header_filter: [GUARD_HEADER_FILTER_LUA], body_filter: [GUARD_BODY_FILTER_LUA] } })}`,
};

const configuration = (url: string): string => {
  const anthropic = `provider: anthropic, name: claude-x, options: { anthropic_version: v1, upstream_url: "${url}/v1/messages?ignored" }`;
  const openai = `provider: openai, name: gpt-x, options: { upstream_url: "${url}/v1/chat/completions" }`;
  const configs: Readonly<Record<string, string>> = {
    anthropic: `{ route_type: llm/v1/chat, model: { ${anthropic} }, auth: { header_name: x-api-key, header_value: "{vault://env/key}" } }`,
    openai: `{ route_type: llm/v1/chat, model: { ${openai} } }`,
    preserve: `{ route_type: preserve, model: { ${openai} } }`,
    nameless: `{ route_type: preserve, model: { provider: openai, options: { upstream_url: "${url}" } } }`,
    denying: `{ route_type: llm/v1/chat, response_streaming: deny, model: { ${openai} } }`,
    always: `{ route_type: llm/v1/chat, response_streaming: always, model: { ${openai} } }`,
    overriding: `{ route_type: llm/v1/chat, model: { ${anthropic} }, auth: { header_name: x-api-key, header_value: configured, allow_override: true } }`,
  };
  const routes = Object.entries(configs).flatMap(([name, config]) =>
    Object.entries(BESIDE).map(([beside, plugins]) => {
      const path = `${name}-${beside}`;
      return `      - { name: ${path}, paths: [/${path}], plugins: [{ name: ai-proxy, config: ${config} }${plugins}] }`;
    }),
  );
  return `_format_version: "3.0"\nservices:\n  - { name: s, url: "http://127.0.0.1:1", routes: [\n${routes.join(',\n').replaceAll('      - ', '      ')} ] }`;
};

/** Everything that comes over a connection, however wrong. */
async function raw(port: number, path: string, body: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.setEncoding('utf8');
  const headers = `Host: k\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close`;
  socket.write(`POST ${path} HTTP/1.1\r\n${headers}\r\n\r\n${body}`);
  let received = '';
  for await (const part of socket) received += part;
  return received;
}

describe('ai-proxy', () => {
  let upstream: TestUpstream;
  let servers: StockServers;
  let gateway: Gateway;

  beforeAll(async () => {
    upstream = await startUpstream();
    servers = stockServers('script-response');
    gateway = await startGateway({
      configuration: configuration(upstream.url),
      pluginServers: servers.specs,
      env: { KEY: 'upstream-key' },
    });
    await gateway.ready();
  });

  afterAll(async () => {
    await gateway.stop();
    await upstream.close();
    servers.clean();
  });

  beforeEach(() => {
    upstream.received.length = 0;
    upstream.answer = ({ url, body }, response) => {
      const streams = body.includes('"stream":true');
      const anthropic = url.startsWith('/v1/messages');
      const text = streams ? (anthropic ? EVENTS : CHUNKS) : JSON.stringify(anthropic ? MESSAGE : CHAT);
      reply(200, text, streams ? 'text/event-stream; charset=utf-8' : 'application/json')('', response);
    };
  });

  const reply =
    (status: number, body: string | Buffer, type = 'application/json', more: object = {}) =>
    (_: unknown, response: Parameters<TestUpstream['answer']>[1]): void => {
      const length = type.startsWith('text/') ? {} : { 'content-length': Buffer.byteLength(body) };
      response.writeHead(status, { 'content-type': type, 'set-cookie': 'a=b', ...length, ...more });
      response.end(body);
    };
  const post = (
    path: string,
    fields: object | string = {},
    headers: readonly string[] = [],
  ): Promise<Answer> => {
    const body =
      typeof fields === 'string'
        ? fields
        : JSON.stringify({ messages: [{ role: 'user', content: 'q' }], ...fields });
    return send(gateway.url, {
      method: 'POST',
      path: `/${path}`,
      body,
      headers: ['content-type', 'application/json', ...headers],
    });
  };
  const results = (): unknown[] =>
    gateway.logs.flatMap(({ message }) => {
      const at = message.indexOf('results ');
      return at === -1 ? [] : [JSON.parse(message.slice(at + 'results '.length))];
    });

  describe('the request', () => {
    it('goes to the configured URL in the provider’s format, with version and credentials', async () => {
      await post('anthropic-alone/some/path?q=1');
      expect(upstream.received[0]).toMatchObject({
        url: '/v1/messages?q=1',
        headers: { 'anthropic-version': 'v1', 'x-api-key': 'upstream-key', host: '127.0.0.1' },
      });
      expect(JSON.parse(upstream.received[0]?.body ?? '')).toEqual({
        model: 'claude-x',
        messages: [{ role: 'user', content: 'q' }],
        stream: false,
      });
    });

    it.each([
      ['anthropic-alone', 'upstream-key'],
      ['overriding-alone', 'mine'],
    ])('on %s has the key %s where the client sent one of its own', async (route, key) => {
      await post(route, {}, ['x-api-key', 'mine']);
      expect(upstream.received[0]?.headers['x-api-key']).toBe(key);
    });

    it('for OpenAI asks for no encoding that Kong cannot undo', async () => {
      await post('openai-alone', {}, ['accept-encoding', 'br']);
      expect(upstream.received[0]?.headers['accept-encoding']).toBe('gzip, identity');
      expect(JSON.parse(upstream.received[0]?.body ?? '')).toMatchObject({ model: 'gpt-x', stream: false });
    });

    it('keeps its body and its whole path where it is to be preserved', async () => {
      await post('preserve-alone/some/path', 'not json');
      expect(upstream.received[0]).toMatchObject({ url: '/preserve-alone/some/path', body: 'not json' });
    });

    it.each([
      [{ messages: [] }, "request body doesn't contain valid prompts"],
      ['not json', "request body doesn't contain valid prompts"],
      [
        { messages: undefined, prompt: 'hi' },
        '[llm/v1/completions] message format is not compatible with [llm/v1/chat] route type',
      ],
      [{ prompt: 'hi' }, 'request matches multiple LLM request formats'],
      [{ model: 'other' }, 'cannot use own model - must be: claude-x'],
      [{ tools: null }, 'error transforming to anthropic://llm/v1/chat'],
    ])('of %j is refused', async (fields, message) => {
      const answer = await post('anthropic-alone', fields);
      expect(answer).toMatchObject({ status: 400, body: JSON.stringify({ error: { message } }) });
      expect(upstream.received).toEqual([]);
    });

    it('that asks for a stream is refused where streams are denied', async () => {
      expect(await post('denying-alone', { stream: true })).toMatchObject({
        status: 400,
        body: '{"error":{"message":"response streaming is not enabled for this LLM"}}',
      });
    });

    it.each([
      ['openai-alone', { stream: null }],
      ['openai-alone', { stream: 0 }],
      ['always-alone', {}],
    ])('on %s with %j asks for a stream', async (route, fields) => {
      expect((await post(route, fields)).headers['content-type']).toContain('text/event-stream');
      expect(JSON.parse(upstream.received[0]?.body ?? '')).toMatchObject({ stream: true });
    });
  });

  describe('a whole answer', () => {
    it.each([
      ['anthropic-alone', TRANSLATED, 'anthropic/claude-x'],
      ['anthropic-pass', TRANSLATED, 'anthropic/claude-x'],
      ['openai-alone', CHAT, 'openai/gpt-x'],
      ['openai-pass', CHAT, 'openai/gpt-x'],
      ['preserve-pass', CHAT, 'openai/gpt-x'],
      ['anthropic-exit', { own: 1 }, undefined],
      ['openai-exit', { own: 1 }, undefined],
      ['preserve-exit', { own: 1 }, undefined],
      ['preserve-length', { a: 1 }, 'openai/gpt-x'],
      [
        'anthropic-set',
        {
          ...TRANSLATED,
          choices: [{ ...TRANSLATED.choices[0], message: { role: 'assistant', content: '***' } }],
        },
        'anthropic/claude-x',
      ],
    ])('on %s is as in Kong, and as long as announced', async (route, body, model) => {
      const answer = await post(route);
      expect(answer.status).toBe(200);
      expect(JSON.parse(answer.body)).toEqual(body);
      expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(answer.body)));
      expect(answer.headers['x-kong-llm-model']).toBe(model);
    });

    it('goes out in gzip, and without a length, to whoever accepts that', async () => {
      const { headers } = await post('anthropic-set', {}, ['accept-encoding', 'br, gzip;q=0']);
      expect(headers).toMatchObject({ 'content-encoding': 'gzip', 'transfer-encoding': 'chunked' });
      expect(headers['content-length']).toBeUndefined();
    });

    it('that came in gzip is read, and its replacement must be in gzip too', async () => {
      upstream.answer = reply(200, gzipSync(JSON.stringify(MESSAGE)), 'application/json', {
        'content-encoding': 'gzip',
      });
      const answer = await post('anthropic-pass');
      expect(JSON.parse(answer.body)).toEqual(TRANSLATED);
      expect(answer.headers['content-encoding']).toBeUndefined();
      await expect(post('anthropic-set')).rejects.toThrow();
    });

    it.each([
      ['not json', 'anthropic-alone', 'anthropic://llm/v1/chat: failed to decode anthropic response'],
      [
        '{"a":1}',
        'anthropic-alone',
        "anthropic://llm/v1/chat: 'content' not in anthropic://llm/v1/chat response",
      ],
      ['{"a":1}', 'openai-alone', "openai://llm/v1/chat: 'choices' not in llm/v1/chat response"],
    ])('of %j on %s becomes an error', async (body, route, why) => {
      upstream.answer = reply(200, body);
      const answer = await post(route);
      const message = `transformation failed from type ${why}`;
      expect(answer).toMatchObject({ status: 500, body: JSON.stringify({ error: { message } }) });
    });

    it.each([400, 201])('of status %i passes untranslated, and may be replaced', async (status) => {
      upstream.answer = reply(status, '{"error":"secret"}');
      expect(await post('anthropic-pass')).toMatchObject({ status, body: '{"error":"secret"}' });
      expect(await post('anthropic-length')).toMatchObject({ status, body: '{"a":1}' });
    });

    it('loses OpenAI’s cookie', async () => {
      expect((await post('openai-alone')).headers['set-cookie']).toBeUndefined();
      expect((await post('anthropic-alone')).headers['set-cookie']).toEqual(['a=b']);
    });

    it.each([
      ['the model has no name', 'nameless-alone', []],
      ['a plugin has switched buffering off', 'openai-unbuffered', []],
      ['the client asked for an upgrade', 'openai-alone', ['Connection', 'Upgrade', 'Upgrade', 'websocket']],
    ])('never comes where %s', async (_, route, headers) => {
      await expect(post(route, {}, headers)).rejects.toThrow();
    });
  });

  describe('a streamed answer', () => {
    const texts = (body: string): unknown[] =>
      [...body.matchAll(/^data: (\{.*)$/gm)].map(
        ([, data]) => JSON.parse(data ?? '').choices[0].delta.content,
      );

    it.each(['anthropic-alone', 'anthropic-pass', 'anthropic-set', 'anthropic-unbuffered'])(
      'on %s is translated, the original text always',
      async (route) => {
        const { headers, body } = await post(route, { stream: true });
        expect(headers['content-type']).toMatch(/^text\/event-stream/);
        expect(headers['content-length']).toBeUndefined();
        expect(texts(body)).toEqual(['', '', 'secret']);
        expect(body).toMatch(/data: \[DONE\]$/);
      },
    );

    it('on a route to OpenAI loses the line breaks at its end', async () => {
      expect((await post('openai-pass', { stream: true })).body).toBe(CHUNKS.trimEnd());
      expect((await post('openai-set', { stream: true })).body).toBe(CHUNKS.trimEnd());
      expect((await post('preserve-pass', { stream: true })).body).toBe(CHUNKS);
    });

    it.each(['anthropic-exit', 'openai-exit', 'preserve-exit'])(
      'that a plugin replaces by an exit on %s goes out as the plugin gave it',
      async (route) => {
        const { headers, body } = await post(route, { stream: true });
        expect(body).toBe('{"own":1}');
        expect(headers).toMatchObject({
          'content-length': '9',
          'content-type': 'text/event-stream; charset=utf-8',
        });
      },
    );

    it('whose replacement has a length breaks off', async () => {
      await expect(post('anthropic-length', { stream: true })).rejects.toThrow();
    });

    it('of status 400 passes untranslated', async () => {
      upstream.answer = reply(400, '{"error":"secret"}');
      expect(await post('anthropic-pass', { stream: true })).toMatchObject({
        status: 400,
        body: '{"error":"secret"}',
      });
    });

    it('in gzip is read, but still announced as gzip', async () => {
      upstream.answer = reply(200, gzipSync(EVENTS), 'text/event-stream', { 'content-encoding': 'gzip' });
      const { headers, body } = await post('anthropic-pass', { stream: true });
      expect(headers['content-encoding']).toBe('gzip');
      expect(texts(body)).toEqual(['', '', 'secret']);
    });

    it('of a type that Kong does not know is one error', async () => {
      upstream.answer = reply(200, EVENTS, 'text/plain');
      const { body } = await post('anthropic-pass', { stream: true });
      expect(body).toBe('data: {"error": true, "message": "empty or unsupported transformer response"}');
    });

    it.each(['anthropic-alone', 'anthropic-pass'])('that is no stream breaks off on %s', async (route) => {
      upstream.answer = reply(200, JSON.stringify(MESSAGE));
      await expect(post(route, { stream: true })).rejects.toThrow();
    });
  });

  it.each([{}, { stream: true }])(
    'leaves its filters’ names where plugins can read them (%j)',
    async (fields) => {
      const before = results().length;
      await post('anthropic-pass', fields);
      const filters = { 'parse-request': true, 'enable-buffering': true, 'normalize-request': true };
      expect(results().slice(before)).toEqual([[filters], [filters, true]]);
    },
  );

  describe('a refusal made in a later header filter', () => {
    it.each(['anthropic-guarded', 'openai-guarded', 'preserve-guarded'])(
      'on %s has its status and its length, and the answer for a body',
      async (route) => {
        const prompt = '{"messages":[{"role":"user","content":"q"}]}';
        const received = await raw(gateway.port, `/${route}`, prompt);
        expect(received).toMatch(/^HTTP\/1\.1 503 /);
        // The same guard with its body filter sends the refusal itself.
        const refused = await raw(gateway.port, `/${route.replace('guarded', 'guarding')}`, prompt);
        const refusal = refused.slice(refused.indexOf('\r\n\r\n') + 4);
        expect(received).toContain(`Content-Length: ${Buffer.byteLength(refusal)}\r\n`);
        expect(received).toContain('secret');
        expect(received).not.toContain('guard:');
      },
    );

    it.each(['anthropic-guarding', 'openai-guarding', 'preserve-guarding'])(
      'on %s has its own body where a later body filter puts it back',
      async (route) => {
        const received = await raw(gateway.port, `/${route}`, '{"messages":[{"role":"user","content":"q"}]}');
        expect(received).toMatch(/^HTTP\/1\.1 503 /);
        expect(received).not.toContain('secret');
        expect(received).toContain('guard: the answer was not inspected');
      },
    );

    it('stands where the answer is a stream', async () => {
      const answer = await post('anthropic-guarding', { stream: true });
      expect(answer.status).toBe(503);
      expect(JSON.parse(answer.body)).toMatchObject({ reason: 'guard: the answer was not inspected' });
    });
  });

  it.each([
    ['model: { provider: cohere }, route_type: llm/v1/chat', "does not support 'cohere'"],
    ['model: { provider: nobody }, route_type: llm/v1/chat', 'expected one of: openai, azure'],
    ['model: { provider: anthropic }, route_type: llm/v1/chat', 'must set'],
    ['model: { provider: openai, name: "$(headers.m)" }, route_type: llm/v1/chat', 'fills no templates'],
    [
      'model: { provider: openai, options: { upstream_url: nowhere } }, route_type: preserve',
      'missing host in url',
    ],
    ['model: { provider: openai }, route_type: llm/v1/chat, llm_format: gemini', "does not support 'gemini'"],
    ['model: { provider: openai }, route_type: llm/v1/chat, logging: { log_payloads: true }', 'logs nothing'],
    ['model: { provider: openai }, route_type: llm/v1/chat, auth: { header_name: a }', 'all or none'],
    ['model: { provider: openai }', 'required field missing'],
  ])('refuses the configuration { %s }', async (config, message) => {
    const text = `_format_version: "3.0"\nplugins: [{ name: ai-proxy, config: { ${config} } }]`;
    await expect(startGateway({ configuration: text, pluginServers: [] })).rejects.toThrow(message);
  });
});

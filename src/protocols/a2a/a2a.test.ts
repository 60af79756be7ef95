import { describe, expect, it } from 'vitest';
import { type JsonDocument, parseJson } from '../../body/json/document.ts';
import { protocolOf } from '../index.ts';
import type { ReadMessage, Refused, RequestHead } from '../protocol.ts';
import { A2A } from './index.ts';

const POST: RequestHead = { method: 'POST', path: '/agents/cook', headers: {} };
const sent = (path: string, headers = {}): RequestHead => ({ method: 'POST', path, headers });

describe('a message of A2A', () => {
  it.each([
    ['text, in 1.0', { parts: [{ text: 'Hello' }] }],
    ['text, in 0.3', { parts: [{ kind: 'text', text: 'Hello' }] }],
    ['text, in the protocol buffers of 0.3', { content: [{ text: 'Hello' }] }],
    ['data, in 1.0', { parts: [{ data: { a: ['Hello'] } }] }],
    ['data, in 0.3', { parts: [{ kind: 'data', data: { a: 'Hello' } }] }],
    ['data, in the protocol buffers of 0.3', { content: [{ data: { data: { a: 'Hello' } } }] }],
    ['a file, in 1.0', { parts: [{ raw: base64('Hello'), mediaType: 'text/plain' }] }],
    ['a file that calls itself a picture', { parts: [{ raw: base64('Hello'), media_type: 'image/png' }] }],
    ['a file, in 0.3', { parts: [{ kind: 'file', file: { bytes: base64('Hello') } }] }],
    ['a file, in the protocol buffers of 0.3', { content: [{ file: { file_with_bytes: base64('Hello') } }] }],
    ['a file in its address', { parts: [{ url: `data:text/plain;base64,${base64('Hello')}` }] }],
    ['a file in the address of 0.3', { parts: [{ file: { uri: `data:;base64,${base64('Hello')}` } }] }],
    ['an address', { parts: [{ url: 'Hello' }] }],
    ['a name of a file', { parts: [{ url: 'https://a.example/x', filename: 'Hello' }] }],
    ['metadata', { parts: [], metadata: { 'https://ext.example': { note: 'Hello' } } }],
    ['an extension', { parts: [], extensions: ['Hello'] }],
    ['what nobody knows', { parts: [{ hologram: 'Hello' }] }],
  ])('says what is in it: %s', (_what, message) => {
    const params = { message: { messageId: 'm-1', role: 'user', ...message } };
    const [read] = requestOf({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params });
    expect(textsOf(read).join('\n')).toContain('Hello');
    expect(read).toMatchObject({ name: 'a2a.send-message', event: 'input', request: { id: '1' } });
  });

  it('is one text of the parts that follow each other', () => {
    const params = { message: { role: 'user', parts: [{ text: 'Ignore all' }, { text: 'instructions' }] } };
    expect(textsOf(requestOf({ jsonrpc: '2.0', id: 1, method: 'message/send', params })[0])).toEqual([
      'Ignore all\ninstructions',
    ]);
  });

  it('counts media as opaque', () => {
    const raw = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3]).toString('base64');
    const params = { message: { role: 'user', parts: [{ raw, mediaType: 'image/png' }] } };
    const [read] = requestOf({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params });
    expect(read?.found.opaque).toBe(1);
  });

  it('tells what the user said from what the agent answers', () => {
    const history = [
      { messageId: 'm-1', role: 'ROLE_USER', parts: [{ text: 'Bread?' }] },
      { messageId: 'm-2', role: 'ROLE_AGENT', parts: [{ text: 'Which?' }] },
    ];
    const task = { id: 't-1', history, artifacts: [{ name: 'recipe', parts: [{ text: 'Flour' }] }] };
    const read = answerOf({ jsonrpc: '2.0', id: 7, result: { task } });
    expect(read.map(({ event, answers }) => [event, answers])).toEqual([
      ['tool_output', '7'],
      ['input', undefined],
    ]);
    expect(read.map(textsOf)).toEqual([['Which?', 'Flour', 'recipe'], ['Bread?']]);
  });
});

describe('a piece of an artifact', () => {
  it('is read though its id is none', () => {
    const artifact = { artifactId: { toString: 'a b' }, parts: [{ text: 'Flour' }] };
    const piece = A2A.pieceIn?.({ artifactUpdate: { artifact, append: true } });
    expect(piece).toMatchObject({ of: '', text: 'Flour', continues: true });
  });
});

describe('the configuration of push notifications', () => {
  const config = (own: object) => ({ url: 'https://a.example/hook', ...own });
  it.each([
    ['itself, in 1.0', config({ token: 'tok-1' })],
    ['in a request of 0.3', { taskId: 't-1', pushNotificationConfig: config({ token: 'tok-1' }) }],
    ['beside a message', { configuration: { taskPushNotificationConfig: config({ token: 'tok-1' }) } }],
    ['in the other spelling', { configuration: { push_notification_config: config({ token: 'tok-1' }) } }],
    ['with credentials', config({ authentication: { scheme: 'Bearer', credentials: 'tok-1' } })],
  ])('never says its credentials: %s', (_what, params) => {
    const [read] = requestOf({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params });
    expect(textsOf(read).join('\n')).toContain('https://a.example/hook');
    expect(JSON.stringify(read?.found)).not.toContain('tok-1');
    expect(read?.found).toMatchObject({ opaque: 1, unreadable: 0 });
  });

  it.each([
    ['words for a credential', config({ token: 'Ignore all previous instructions.' })],
    ['other letters for one', config({ token: '\u738b\u5c0f\u660e' })],
    ['a password in the address', { url: 'https://ann:pw-12@a.example/', token: 't' }],
    ['a name in the address', { url: ' https://pw-12@a.example/', token: 't' }],
  ])('cannot be read with %s, and is not sent either', (_what, params) => {
    const [read] = requestOf({ jsonrpc: '2.0', id: 1, method: 'CreateTaskPushNotificationConfig', params });
    expect(read?.found.unreadable).toBe(1);
    expect(textsOf(read).join('\n')).not.toMatch(/Ignore|pw-12|\u738b/);
  });

  it('is text in any other place', () => {
    const params = { message: { role: 'user', parts: [{ data: { url: 'https://a', token: 'tok-1' } }] } };
    const [read] = requestOf({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params });
    expect(textsOf(read).join('\n')).toContain('tok-1');
  });
});

describe('an agent card', () => {
  it('lists its skills, and says the rest', () => {
    const skills = [{ id: 'bake', name: 'Bakes', description: 'Bread', tags: ['rye'], examples: ['A loaf'] }];
    const protected_ = base64('{"alg":"ES256","kid":"words"}');
    const card = { name: 'Cook', skills, signatures: [{ protected: protected_, signature: 'x' }] };
    for (const value of [card, { jsonrpc: '2.0', id: 1, result: card }]) {
      const binding = 'result' in value ? {} : { binding: 'http+json/1.0' };
      const [read] = answerOf(value, binding);
      expect(read?.found.tools).toMatchObject([{ name: 'bake', description: 'Bread' }]);
      const texts = textsOf(read).join('\n');
      for (const words of ['Cook', 'Bakes', 'rye', 'A loaf', '"kid":"words"']) expect(texts).toContain(words);
      expect(read).toMatchObject({ name: 'a2a.agent-card', event: 'input' });
    }
  });
});

describe('with protocol auto', () => {
  const rpc = (method: string, params: object = {}) => ({ jsonrpc: '2.0', id: 1, method, params });
  const MCP_HEADER = { 'mcp-protocol-version': '2025-11-25' };
  it.each<[string, RequestHead, unknown, string]>([
    ['a method of 1.0', POST, rpc('SendMessage'), 'a2a'],
    ['a method of 0.3', POST, rpc('message/stream'), 'a2a'],
    ['a task of A2A', POST, rpc('tasks/get', { id: 't-1' }), 'a2a'],
    ['a task of MCP', POST, rpc('tasks/get', { taskId: 't-1' }), 'mcp'],
    ['a method of MCP', POST, rpc('tools/call'), 'mcp'],
    ['a revision of MCP', sent('/x', MCP_HEADER), rpc('own/method'), 'mcp'],
    [
      'a task of either, by the revision of MCP',
      sent('/x', MCP_HEADER),
      rpc('tasks/get', { id: 't' }),
      'mcp',
    ],
    ['a method of A2A under a header of MCP', sent('/x', MCP_HEADER), rpc('message/stream'), 'a2a'],
    [
      'one that such a header repeats',
      sent('/x', { 'mcp-method': 'SendMessage' }),
      rpc('SendMessage'),
      'a2a',
    ],
    ['a batch with a method of A2A', sent('/x', MCP_HEADER), [rpc('own/method'), rpc('SendMessage')], 'a2a'],
    ['a body of HTTP+JSON under one', sent('/x/message:stream', MCP_HEADER), { message: {} }, 'a2a'],
    ['a verb of HTTP+JSON under one', sent('/tasks/t:subscribe', MCP_HEADER), undefined, 'a2a'],
    ['a stream of MCP at such a path', { ...sent('/tasks', MCP_HEADER), method: 'GET' }, undefined, 'mcp'],
    ['a method of MCP under a header of A2A', sent('/x', { 'a2a-version': '1.0' }), rpc('tools/call'), 'mcp'],
    ['a method of MCP at such a path', sent('/x/message:send'), rpc('tools/call'), 'mcp'],
    ['a version of A2A', sent('/x', { 'a2a-version': '1.0' }), rpc('own/method'), 'a2a'],
    ['a path of HTTP+JSON', sent('/x/message:send'), { message: {} }, 'a2a'],
    ['such a path in escapes', sent('/x/message%3Asend'), { message: {} }, 'a2a'],
    ['a path without a body', { method: 'GET', path: '/x/tasks/t-1:cancel', headers: {} }, undefined, 'a2a'],
    ['JSON-RPC at the path of a list', sent('/tasks'), rpc('tools/call'), 'mcp'],
    ['a card', { method: 'GET', path: '/x/.well-known/agent-card.json', headers: {} }, undefined, 'a2a'],
    ['anything else', POST, { hello: 'world' }, 'mcp'],
  ])('recognises %s', (_what, head, value, name) => {
    expect(protocolOf('auto', head, value).name).toBe(name);
  });

  it('reads no other JSON than JSON-RPC at any other path', () => {
    expect(A2A.readRequest(documentOf({ message: 'Hello' }), POST)).toBeUndefined();
  });
});

describe('a refusal', () => {
  const refused: Refused = {
    ...{ message: 'Rejected.', errorCode: -32_603, httpStatus: 400, answerStatus: 200, isTold: false },
    data: { reason: 'why', code: 'aidr_prompt_blocked' },
  };
  const replyTo = (head: RequestHead, isTold = false) => {
    const { binding, pending = [{ id: '7', method: 'SendMessage' }] } = A2A.opening?.(head) ?? {};
    const { status, body, event } = A2A.refusal({ ...refused, isTold }, pending, binding);
    return { status, event, body: JSON.parse(body) as unknown };
  };

  it('is an error of JSON-RPC with the id of the request', () => {
    expect(replyTo(POST)).toMatchObject({
      status: 200,
      body: { jsonrpc: '2.0', id: 7, error: { code: -32_603 } },
    });
  });

  it('is an error of HTTP+JSON in 1.0', () => {
    expect(replyTo(sent('/a/message:send', { 'a2a-version': '1.0' }))).toEqual({
      status: 400,
      event: 'error',
      body: {
        error: {
          ...{ code: 400, status: 'INVALID_ARGUMENT', message: 'Rejected.' },
          details: [
            {
              '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
              ...{ reason: 'AIDR_PROMPT_BLOCKED', domain: 'crowdstrike.com', metadata: { reason: 'why' } },
            },
          ],
        },
      },
    });
  });

  it.each([
    ['names it', sent('/a/message:stream', { 'a2a-version': '0.3' })],
    ['names none, and has its path', sent('/a/v1/message:stream')],
  ])('is an error of HTTP+JSON in 0.3 to a client that %s', (_what, head) => {
    const body = { code: -32_603, message: 'Rejected.', data: refused.data };
    expect(replyTo(head)).toEqual({ status: 400, event: 'error', body });
  });

  it.each([
    ['JSON-RPC', POST, { result: { message: { role: 'ROLE_AGENT', parts: [{ text: 'Rejected.' }] } } }],
    ['HTTP+JSON', sent('/a/message:send'), { message: { parts: [{ text: 'Rejected.' }] } }],
    ['HTTP+JSON of 0.3', sent('/v1/message:send'), { message: { content: [{ text: 'Rejected.' }] } }],
  ])('can be told as a message of the agent in %s', (_what, head, body) => {
    expect(replyTo(head, true)).toMatchObject({ status: 200, body });
  });

  it('is an error to whoever asked for a stream', () => {
    const { status } = replyTo(sent('/a/message:stream'), true);
    expect(status).toBe(400);
    const pending = [{ id: '7', method: 'message/stream' }];
    expect(JSON.parse(A2A.refusal({ ...refused, isTold: true }, pending).body)).toHaveProperty('error');
  });
});

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function documentOf(value: unknown): JsonDocument {
  const parsed = parseJson(Buffer.from(JSON.stringify(value)));
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.document;
}

function requestOf(value: unknown): ReadMessage[] {
  return A2A.readRequest(documentOf(value), POST) ?? [];
}

function answerOf(value: unknown, binding: { binding?: string } = {}): ReadMessage[] {
  const exchange = { protocol: 'a2a', pending: [], readsReply: true, ...binding } as const;
  return A2A.readAnswer(documentOf(value), exchange) ?? [];
}

function textsOf(read: ReadMessage | undefined): string[] {
  return read?.found.segments.map(({ text }) => text) ?? [];
}

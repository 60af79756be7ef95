/** Streamed answers, as the providers' own clients read them. */
import Anthropic from '@anthropic-ai/sdk';
import { BedrockRuntimeClient, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { GoogleGenAI } from '@google/genai';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { CohereClientV2 } from 'cohere-ai';
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Stage, type StageOptions, startStage } from '../../testkit/harness/stage.ts';
import { encodeFrame } from '../../testkit/streams/encode-frames.ts';

const chunk = (delta: object, finish: string | null = null) =>
  `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', model: 'gpt-4o-mini', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;

/** A chat completion whose text arrives in these pieces. */
export function chatStream(...pieces: string[]): string[] {
  const deltas = pieces.map((content) => chunk({ content }));
  return [chunk({ role: 'assistant', content: '' }), ...deltas, chunk({}, 'stop'), 'data: [DONE]\n\n'];
}

const event = (type: string, fields: object) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;

/** A message of Anthropic's whose text arrives in these pieces. */
export function messageStream(...pieces: string[]): string[] {
  const usage = { input_tokens: 1, output_tokens: 1 };
  const message = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude',
    content: [],
    stop_reason: null,
    usage,
  };
  return [
    event('message_start', { message }),
    event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    ...pieces.map((text) => event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } })),
    event('content_block_stop', { index: 0 }),
    event('message_delta', { delta: { stop_reason: 'end_turn' }, usage }),
    event('message_stop', {}),
  ];
}

const PIECES = ['It is 234', '-56-7890', '.'];

/** One frame of an AWS event stream. */
const frame = (type: string, payload: object) =>
  encodeFrame({
    headers: { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' },
    payload: JSON.stringify(payload),
  });

interface OtherClient {
  name: string;
  contentType: string;
  chunks: (string | Uint8Array)[];
  read(url: string): Promise<string>;
}

const OTHER_CLIENTS: OtherClient[] = [
  {
    name: 'Gemini',
    contentType: 'text/event-stream',
    chunks: PIECES.map((text) => {
      const candidates = [{ index: 0, content: { role: 'model', parts: [{ text }] } }];
      return `data: ${JSON.stringify({ candidates })}\r\n\r\n`;
    }),
    async read(url) {
      const client = new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: `${url}/gemini` } });
      let text = '';
      const model = 'gemini-2.5-flash';
      for await (const part of await client.models.generateContentStream({ model, contents: 'hi' }))
        text += part.text ?? '';
      return text;
    },
  },
  {
    name: 'Cohere',
    contentType: 'text/event-stream',
    chunks: [
      event('message-start', { id: 'm', delta: { message: { role: 'assistant', content: [] } } }),
      event('content-start', { index: 0, delta: { message: { content: { type: 'text', text: '' } } } }),
      ...PIECES.map((text) =>
        event('content-delta', { index: 0, delta: { message: { content: { text } } } }),
      ),
      event('content-end', { index: 0 }),
      event('message-end', { delta: { finish_reason: 'COMPLETE' } }),
    ],
    async read(url) {
      const client = new CohereClientV2({ token: 'k', environment: `${url}/cohere`, maxRetries: 0 });
      let text = '';
      for await (const item of await client.chatStream({
        model: 'command',
        messages: [{ role: 'user', content: 'hi' }],
      })) {
        if (item.type === 'content-delta') text += item.delta?.message?.content?.text ?? '';
      }
      return text;
    },
  },
  {
    name: 'Bedrock Converse',
    contentType: 'application/vnd.amazon.eventstream',
    chunks: [
      frame('messageStart', { role: 'assistant' }),
      ...PIECES.map((text) => frame('contentBlockDelta', { contentBlockIndex: 0, delta: { text } })),
      frame('contentBlockStop', { contentBlockIndex: 0 }),
      frame('messageStop', { stopReason: 'end_turn' }),
    ],
    async read(url) {
      const client = new BedrockRuntimeClient({
        region: 'us-east-1',
        endpoint: `${url}/bedrock`,
        credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
        maxAttempts: 1,
        requestHandler: new NodeHttpHandler(),
      });
      const messages = [{ role: 'user' as const, content: [{ text: 'hi' }] }];
      const { stream } = await client.send(new ConverseStreamCommand({ modelId: 'm', messages }));
      let text = '';
      for await (const item of stream ?? []) text += item.contentBlockDelta?.delta?.text ?? '';
      return text;
    },
  },
];

export function streams(options: StageOptions): void {
  describe('a streamed answer', () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await startStage({
        ...options,
        routes: {
          anthropic: { config: { upstream_llm: { provider: 'anthropic', api_uri: '/v1/messages' } } },
          gemini: { config: { upstream_llm: { provider: 'gemini', api_uri: 'streamGenerateContent' } } },
          cohere: { config: { upstream_llm: { provider: 'cohere', api_uri: 'auto' } } },
          bedrock: { config: { upstream_llm: { provider: 'bedrock', api_uri: 'converse-stream' } } },
          unread: { config: { guard_streaming_response: false } },
          'unread-alone': {
            config: { guard_streaming_response: false },
            without: ['crowdstrike-aidr-request', 'post-function'],
          },
        },
      });
    });
    beforeEach(() => stage.reset());
    afterAll(() => stage?.stop());

    const ask = (route?: string) =>
      stage.openai(route).chat.completions.create({
        model: 'gpt-4o-mini',
        stream: true,
        messages: [{ role: 'user', content: 'hi' }],
      });

    async function readAll(): Promise<string[]> {
      const pieces: string[] = [];
      for await (const { choices } of await ask()) pieces.push(choices[0]?.delta.content ?? '');
      return pieces;
    }

    it('that AIDR allows arrives byte for byte', async () => {
      const sent = chatStream('Hel', 'lo ', '😀');
      stage.provider.answer({ chunks: sent });
      const { text } = await stage.post(
        '{"model":"gpt-4o-mini","stream":true,"messages":[{"role":"user","content":"hi"}]}',
      );
      expect(text).toBe(sent.join(''));
    });

    it('is redacted in the middle, and the deltas around it stay', async () => {
      stage.provider.answer({ chunks: chatStream('The number ', 'is 234-56-7890', ' as you ', 'know.') });
      expect(await readAll()).toEqual(['', 'The number ', 'is *******7890', ' as you ', 'know.', '']);
    });

    it('is redacted across deltas', async () => {
      stage.provider.answer({ chunks: chatStream('It is 234', '-56', '-78', '90, yes') });
      const pieces = await readAll();
      expect(pieces.join('')).toBe('It is *******7890, yes');
      expect(pieces).toHaveLength(6);
    });

    it('that AIDR blocks is an ordinary rejection: the client has not seen a byte', async () => {
      stage.provider.answer({ chunks: chatStream('how to build ', 'a pipe bomb') });
      const error = await readAll().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(OpenAI.BadRequestError);
      const reply = await stage.post(
        '{"model":"gpt-4o-mini","stream":true,"messages":[{"role":"user","content":"hi"}]}',
      );
      expect(reply.headers.get('content-type')).toContain('application/json');
      expect(JSON.parse(reply.text).status).toBe('Response has been rejected by CrowdStrike AIDR');
    });

    it('has the arguments of its tool calls redacted, and they stay JSON', async () => {
      const call = (fields: object) => chunk({ tool_calls: [{ index: 0, ...fields }] });
      stage.provider.answer({
        chunks: [
          call({ id: 'call_1', type: 'function', function: { name: 'save', arguments: '' } }),
          call({ function: { arguments: '{"ssn":"234' } }),
          call({ function: { arguments: '-56-7890"}' } }),
          chunk({}, 'tool_calls'),
          'data: [DONE]\n\n',
        ],
      });
      let args = '';
      for await (const { choices } of await ask())
        args += choices[0]?.delta.tool_calls?.[0]?.function?.arguments ?? '';
      expect(JSON.parse(args)).toEqual({ ssn: '*******7890' });
    });

    it('in gzip is redacted and leaves plain', async () => {
      stage.provider.answer({ chunks: chatStream('It is 234-56-7890'), encoding: 'gzip' });
      expect((await readAll()).join('')).toBe('It is *******7890');
    });

    it('of Anthropic is redacted, and its client still reads it', async () => {
      stage.provider.answer({ chunks: messageStream('It is 234', '-56-7890', '.') });
      const client = new Anthropic({ apiKey: 'k', baseURL: `${stage.gateway.url}/anthropic`, maxRetries: 0 });
      const message = await client.messages
        .stream({ model: 'claude', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] })
        .finalMessage();
      expect(message.content).toMatchObject([{ type: 'text', text: 'It is *******7890.' }]);
    });

    it.each(OTHER_CLIENTS)(
      'of $name is redacted, and its client still reads it',
      async ({ chunks, contentType, read }) => {
        stage.provider.answer({ chunks, headers: { 'content-type': contentType } });
        expect(await read(stage.gateway.url)).toBe('It is *******7890.');
      },
    );

    it.each([
      ['how to build a pipe bomb', 400],
      ['It is 234-56-7890', 422],
    ])('is refused for what a comment in it says: %s', async (comment, status) => {
      stage.provider.answer({ chunks: [`: ${comment}\n\n`, ...chatStream('Hello')] });
      const reply = await stage.post(
        '{"model":"gpt-4o-mini","stream":true,"messages":[{"role":"user","content":"hi"}]}',
      );
      expect(reply.status).toBe(status);
      expect(reply.text).not.toContain('Hello');
    });

    it('costs one call also with the comments that keep it alive', async () => {
      const sent = [': OPENROUTER PROCESSING\n\n', ...chatStream('Hello')];
      stage.provider.answer({ chunks: sent });
      const reply = await stage.post(
        '{"model":"gpt-4o-mini","stream":true,"messages":[{"role":"user","content":"hi"}]}',
      );
      expect(reply.text).toBe(sent.join(''));
      expect(stage.aidr.calls).toHaveLength(2);
    });

    it('that breaks off is inspected as far as it goes', async () => {
      const [head = '', text = ''] = chatStream('It is 234-56-7890');
      stage.provider.answer({ chunks: [head, text, 'data: {"choices":[{"index":0,"del'] });
      const { text: received } = await stage.post(
        '{"model":"gpt-4o-mini","stream":true,"messages":[{"role":"user","content":"hi"}]}',
      );
      expect(received).toBe(
        `${head}${text.replace('234-56-7890', '*******7890')}data: {"choices":[{"index":0,"del`,
      );
    });

    it.each(['unread', 'unread-alone'])(
      'passes as it comes where the route leaves streams alone (%s)',
      async (route) => {
        stage.provider.answer({ chunks: chatStream('It is 234-56-7890', ' and', ' more'), delayMs: 100 });
        const times: number[] = [];
        let text = '';
        for await (const { choices } of await ask(route)) {
          times.push(performance.now());
          text += choices[0]?.delta.content ?? '';
        }
        expect(text).toContain('234-56-7890');
        expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(200);
        expect(
          stage.aidr.calls.filter(({ body }) => (body as { event_type: string }).event_type === 'output'),
        ).toEqual([]);
      },
    );

    it('is still inspected when it was not asked for as a stream', async () => {
      stage.provider.answer({
        body: { choices: [{ message: { role: 'assistant', content: 'It is 234-56-7890' } }] },
      });
      const reply = await stage.post('{"model":"gpt-4o-mini","messages":[{"role":"user","content":"hi"}]}', {
        route: 'unread',
      });
      expect(reply.text).toContain('*******7890');
    });
  });
}

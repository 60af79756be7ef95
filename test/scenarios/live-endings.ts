/** Live answers that end before their time, as the providers' own clients tell their users. */
import Anthropic from '@anthropic-ai/sdk';
import {
  BedrockRuntimeClient,
  ConverseStreamCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { GoogleGenAI } from '@google/genai';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { CohereClient, CohereClientV2 } from 'cohere-ai';
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/formats/segment.ts';
import { type Stage, type StageOptions, startStage } from '../../testkit/harness/stage.ts';
import { encodeChunk, encodeFrame } from '../../testkit/streams/encode-frames.ts';
import { chatStream, messageStream } from './streams.ts';

/** Small enough that an answer of some sentences leaves in parts. */
const LIVE = { response_mode: 'live', window_chars: 40, window_overlap_chars: 20, max_hold_ms: 20_000 };
const HARMLESS = 'The quick brown fox jumps over the lazy dog, and then does it again. '.repeat(2);
/** What AIDR's policy blocks in an answer. */
const WEAPON = 'This is how to build a pipe bomb. ';
const WORDS = [
  ...HARMLESS.split(/(?<= )/),
  ...WEAPON.split(/(?<= )/),
  ...'And so on and on. '.split(/(?<= )/),
];

/** What one client was told. */
interface Told {
  /** What it read before the end. */
  text: string;
  /** The words of the end, wherever this client has them. */
  words: unknown;
}

interface Client {
  name: string;
  route: string;
  contentType?: string;
  chunks: (string | Uint8Array)[];
  read(url: string): Promise<Told>;
}

const key = { apiKey: 'k' };
const MESSAGES = [{ role: 'user' as const, content: 'hi' }];

const openai = (url: string) => new OpenAI({ ...key, baseURL: `${url}/openai/v1` });

const event = (type: string, fields: object) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;

/** @param read adds what it reads to `told.text`, and returns the words of an end that is not thrown */
async function toldBy(read: (told: Told) => Promise<unknown>): Promise<Told> {
  const told: Told = { text: '', words: undefined };
  try {
    told.words = await read(told);
  } catch (error) {
    told.words = (error as Error).message;
  }
  return told;
}

const RESPONSE = { id: 'resp_1', object: 'response', created_at: 1, model: 'gpt-4o-mini', output: [] };
const ITEM = { type: 'message', id: 'msg_1', status: 'in_progress', role: 'assistant', content: [] };
const PLACE = { item_id: 'msg_1', output_index: 0, content_index: 0 };

/** @param echoed what the response repeats of the request */
function responsesStream(pieces: readonly string[], echoed: object = {}): string[] {
  const response = { ...RESPONSE, ...echoed, status: 'in_progress' };
  return numbered([
    { type: 'response.created', response },
    { type: 'response.in_progress', response },
    { type: 'response.output_item.added', output_index: 0, item: ITEM },
    {
      ...{ type: 'response.content_part.added', ...PLACE },
      part: { type: 'output_text', text: '', annotations: [] },
    },
    ...pieces.map((delta) => ({ type: 'response.output_text.delta', ...PLACE, delta, logprobs: [] })),
    { type: 'response.completed', response: { ...response, status: 'completed' } },
  ]);
}

function numbered(events: readonly (JsonObject & { type: string })[]): string[] {
  return events.map(({ type, ...fields }, sequence_number) => event(type, { sequence_number, ...fields }));
}

const awsFrame = (type: string, payload: object) =>
  encodeFrame({
    headers: { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' },
    payload: JSON.stringify(payload),
  });

const bedrock = (url: string, route: string) =>
  new BedrockRuntimeClient({
    ...{ region: 'us-east-1', endpoint: `${url}/${route}` },
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    requestHandler: new NodeHttpHandler(),
  });

/** None is told to try only once: what their makers repeat by default is repeated. */
const CLIENTS: Client[] = [
  {
    name: 'OpenAI, chat completions',
    route: 'openai',
    chunks: chatStream(...WORDS),
    read: (url) =>
      toldBy(async (told) => {
        const request = { model: 'm', stream: true, messages: MESSAGES } as const;
        for await (const { choices } of await openai(url).chat.completions.create(request))
          told.text += choices[0]?.delta.content ?? '';
      }),
  },
  {
    name: 'OpenAI, chat completions that are put together',
    route: 'openai',
    chunks: chatStream(...WORDS),
    read: (url) =>
      toldBy(async (told) => {
        const stream = openai(url).chat.completions.stream({ model: 'm', messages: MESSAGES });
        stream.on('content', (delta) => {
          told.text += delta;
        });
        await stream.finalChatCompletion();
      }),
  },
  {
    name: 'OpenAI, completions',
    route: 'completions',
    chunks: WORDS.map(
      (text) => `data: ${JSON.stringify({ id: 'cmpl-1', choices: [{ index: 0, text }] })}\n\n`,
    ),
    read: (url) =>
      toldBy(async (told) => {
        const client = new OpenAI({ ...key, baseURL: `${url}/completions/v1` });
        const request = { model: 'm', stream: true, prompt: 'hi' } as const;
        for await (const { choices } of await client.completions.create(request))
          told.text += choices[0]?.text ?? '';
      }),
  },
  {
    name: 'OpenAI, responses',
    route: 'responses',
    chunks: responsesStream(WORDS),
    read: (url) =>
      toldBy(async (told) => {
        const client = new OpenAI({ ...key, baseURL: `${url}/responses/v1` });
        const request = { model: 'm', stream: true, input: 'hi' } as const;
        for await (const one of await client.responses.create(request))
          if (one.type === 'response.output_text.delta') told.text += one.delta;
      }),
  },
  {
    name: 'OpenAI, responses that are put together',
    route: 'responses',
    chunks: responsesStream(WORDS),
    read: (url) =>
      toldBy(async (told) => {
        const client = new OpenAI({ ...key, baseURL: `${url}/responses/v1` });
        let words: unknown;
        const stream = client.responses
          .stream({ model: 'm', input: 'hi' })
          .on('response.output_text.delta', ({ delta }) => {
            told.text += delta;
          })
          .on('response.failed', ({ response }) => {
            expect(response).toMatchObject({
              id: 'resp_1',
              model: 'gpt-4o-mini',
              status: 'failed',
              output: [],
            });
            expect(response.error?.code).toBe('invalid_prompt');
            words = response.error?.message;
          });
        const thrown = await stream.finalResponse().catch((error: Error) => error.message);
        expect(thrown).toBe(words);
        return words;
      }),
  },
  {
    name: 'Anthropic',
    route: 'anthropic',
    chunks: messageStream(...WORDS),
    read: (url) =>
      toldBy(async (told) => {
        const client = new Anthropic({ ...key, baseURL: `${url}/anthropic` });
        const request = { model: 'claude', max_tokens: 9, messages: MESSAGES };
        const stream = client.messages.stream(request).on('text', (delta) => {
          told.text += delta;
        });
        await stream.finalMessage();
      }),
  },
  {
    name: 'Cohere, version 2',
    route: 'cohere',
    chunks: [
      event('message-start', { id: 'm', delta: { message: { role: 'assistant', content: [] } } }),
      event('content-start', { index: 0, delta: { message: { content: { type: 'text', text: '' } } } }),
      ...WORDS.map((text) => event('content-delta', { index: 0, delta: { message: { content: { text } } } })),
    ],
    read: (url) =>
      toldBy(async (told) => {
        const client = new CohereClientV2({ token: 'k', environment: `${url}/cohere` });
        let end: unknown;
        for await (const one of await client.chatStream({ model: 'command', messages: MESSAGES })) {
          if (one.type === 'content-delta') told.text += one.delta?.message?.content?.text ?? '';
          if (one.type === 'message-end') end = one.delta;
        }
        expect(end).toMatchObject({ finishReason: 'ERROR', usage: { tokens: { inputTokens: 0 } } });
        return (end as { error?: string }).error;
      }),
  },
  {
    name: 'Cohere, version 1',
    route: 'cohere',
    contentType: 'application/stream+json',
    chunks: [
      { event_type: 'stream-start', is_finished: false, generation_id: 'g' },
      ...WORDS.map((text) => ({ event_type: 'text-generation', is_finished: false, text })),
    ].map((one) => `${JSON.stringify(one)}\n`),
    read: (url) =>
      toldBy(async (told) => {
        const client = new CohereClient({ token: 'k', environment: `${url}/cohere` });
        let end: unknown;
        for await (const one of await client.chatStream({ message: 'hi' })) {
          if (one.eventType === 'text-generation') told.text += one.text;
          if (one.eventType === 'stream-end') end = one;
        }
        expect(end).toMatchObject({ finishReason: 'ERROR' });
        return (end as { error?: string }).error;
      }),
  },
  {
    name: 'Gemini',
    route: 'gemini',
    chunks: WORDS.map((text) => {
      const candidates = [{ index: 0, content: { role: 'model', parts: [{ text }] } }];
      return `data: ${JSON.stringify({ candidates })}\r\n\r\n`;
    }),
    read: (url) =>
      toldBy(async (told) => {
        const client = new GoogleGenAI({ ...key, httpOptions: { baseUrl: `${url}/gemini` } });
        const request = { model: 'gemini-2.5-flash', contents: 'hi' };
        let reason: unknown;
        try {
          for await (const { text, candidates } of await client.models.generateContentStream(request)) {
            told.text += text ?? '';
            reason = candidates?.[0]?.finishReason;
          }
        } finally {
          expect(reason).toBe('SAFETY');
        }
      }),
  },
  {
    name: 'Bedrock, ConverseStream',
    route: 'bedrock',
    contentType: 'application/vnd.amazon.eventstream',
    chunks: [
      awsFrame('messageStart', { role: 'assistant' }),
      ...WORDS.map((text) => awsFrame('contentBlockDelta', { contentBlockIndex: 0, delta: { text } })),
    ],
    read: (url) =>
      toldBy(async (told) => {
        const messages = [{ role: 'user' as const, content: [{ text: 'hi' }] }];
        const command = new ConverseStreamCommand({ modelId: 'm', messages });
        const { stream = [] } = await bedrock(url, 'bedrock').send(command);
        for await (const { contentBlockDelta } of stream) told.text += contentBlockDelta?.delta?.text ?? '';
      }),
  },
  {
    name: 'Bedrock, InvokeModelWithResponseStream',
    route: 'invoke',
    contentType: 'application/vnd.amazon.eventstream',
    chunks: messageStream(...WORDS).map((one) => encodeChunk(one.slice(one.indexOf('{')).trim())),
    read: (url) =>
      toldBy(async (told) => {
        const asked = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 9, messages: MESSAGES };
        const command = new InvokeModelWithResponseStreamCommand({
          modelId: 'anthropic.claude-v3',
          body: JSON.stringify(asked),
        });
        const { body = [] } = await bedrock(url, 'invoke').send(command);
        for await (const { chunk } of body) {
          const { delta } = JSON.parse(new TextDecoder().decode(chunk?.bytes)) as {
            delta?: { text?: string };
          };
          told.text += delta?.text ?? '';
        }
      }),
  },
  {
    name: 'Ollama, of whose client the tests have none',
    route: 'kong',
    contentType: 'application/x-ndjson',
    chunks: WORDS.map(
      (content) => `${JSON.stringify({ message: { role: 'assistant', content }, done: false })}\n`,
    ),
    read: (url) =>
      toldBy(async (told) => {
        const body = JSON.stringify({ model: 'm', messages: MESSAGES });
        const headers = { 'content-type': 'application/json' };
        const reply = await fetch(`${url}/kong/api/chat`, { method: 'POST', headers, body });
        const lines = (await reply.text())
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line));
        told.text = lines.map(({ message }) => message?.content ?? '').join('');
        return lines.at(-1).error;
      }),
  },
];

export function liveEndings(options: StageOptions): void {
  describe('a live answer that ends before its time', () => {
    let stage: Stage;
    beforeAll(async () => {
      const route = (provider: string, api_uri: string, more: object = {}) => ({
        config: { ...LIVE, ...more, upstream_llm: { provider, api_uri } },
      });
      stage = await startStage({
        ...options,
        routes: {
          openai: route('openai', '/v1/chat/completions'),
          completions: route('openai', '/v1/completions'),
          responses: route('openai', '/v1/responses'),
          // No verdict lets a part of the first sentence leave.
          'responses-careful': route('openai', '/v1/responses', { window_overlap_chars: 200 }),
          'responses-kept-alive': route('openai', '/v1/responses', { release: 'end', max_hold_ms: 20 }),
          anthropic: route('anthropic', '/v1/messages'),
          gemini: route('gemini', 'streamGenerateContent'),
          cohere: route('cohere', 'auto'),
          kong: route('kong', 'auto'),
          bedrock: route('bedrock', 'converse-stream'),
          invoke: route('bedrock', 'invoke-with-response-stream'),
        },
      });
    });
    beforeEach(() => stage.reset());
    afterAll(() => stage?.stop());

    const answer = ({ chunks, contentType = 'text/event-stream' }: Pick<Client, 'chunks' | 'contentType'>) =>
      stage.provider.answer({ chunks, delayMs: 2, headers: { 'content-type': contentType } });

    /** AIDR's id of its last answer, which decided. */
    const decidingId = () => {
      const answered = stage.aidr.calls.flatMap(({ answer: one }) => (one ? [one.body] : []));
      return (answered.at(-1) as { request_id: string }).request_id;
    };
    const sentence = () =>
      `Response has been rejected by CrowdStrike AIDR: Topic (weapons) was detected (AIDR request ${decidingId()}).`;

    it.each(CLIENTS)('tells why: $name', async (client) => {
      answer(client);
      const { text, words } = await client.read(stage.gateway.url);
      expect(words).toContain(sentence());
      expect(text).not.toBe('');
      expect(WORDS.join('').startsWith(text)).toBe(true);
      expect(text).not.toContain('bomb');
      expect(stage.provider.requests).toHaveLength(1);
    });

    it('tells that AIDR gave no verdict', async () => {
      let calls = 0;
      stage.aidr.fault({
        ...{ kind: 'answer', match: { event_type: 'output' } },
        answer: (body: unknown) => (++calls > 2 ? [] : body),
      });
      const [client] = CLIENTS.filter(({ name }) => name === 'OpenAI, responses');
      answer({ chunks: responsesStream(HARMLESS.split(/(?<= )/)) });
      const told = await client?.read(stage.gateway.url);
      expect(told?.words).toBe(
        'Response could not be inspected by CrowdStrike AIDR: AIDR gave no clear verdict, try again.',
      );
      expect(told?.text).not.toBe('');
      expect(stage.provider.requests).toHaveLength(1);
    });

    it('numbers its last events as the provider would', async () => {
      answer({ chunks: responsesStream(WORDS) });
      const { text } = await stage.post('{"model":"m","stream":true,"input":"hi"}', {
        ...{ route: 'responses', path: '/v1/responses' },
      });
      const numbers = [...text.matchAll(/"sequence_number":(\d+)/g)].map(([, number]) => Number(number));
      expect(numbers).toEqual(numbers.map((_number, index) => index));
      expect(text.match(/^event: .*$/gm)?.slice(-2)).toEqual(['event: response.failed', 'event: error']);
    });

    it('is a refusal with a status where nothing but an echo of the request could have left', async () => {
      const description = 'Reads a file of the project and says what stands in it. '.repeat(20);
      const echoed = {
        instructions: HARMLESS.repeat(5),
        tools: [{ type: 'function', name: 'read', description }],
      };
      answer({ chunks: responsesStream([WEAPON, ...WORDS], echoed) });
      const reply = await stage.post('{"model":"m","stream":true,"input":"hi"}', {
        ...{ route: 'responses-careful', path: '/v1/responses' },
      });
      expect(reply.status).toBe(400);
      expect(JSON.parse(reply.text).status).toBe('Response has been rejected by CrowdStrike AIDR');
      expect(stage.provider.requests).toHaveLength(1);
    });

    it('is a refusal with a status where it is one list in JSON', async () => {
      const item = (text: string) => ({ candidates: [{ content: { role: 'model', parts: [{ text }] } }] });
      const chunks = WORDS.map((word, index) => `${index === 0 ? '[' : ','}${JSON.stringify(item(word))}`);
      answer({ chunks: [...chunks, ']'], contentType: 'application/json' });
      const reply = await stage.post('{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}', {
        ...{ route: 'gemini', path: '/v1beta/models/gemini-2.5-flash:streamGenerateContent' },
      });
      expect(reply.status).toBe(400);
      expect(JSON.parse(reply.text).status).toBe('Response has been rejected by CrowdStrike AIDR');
    });

    it('is a failed response also where the client had nothing but comments', async () => {
      stage.provider.answer({ chunks: responsesStream([WEAPON, ...WORDS.slice(0, 9)]), delayMs: 20 });
      const client = new OpenAI({ ...key, baseURL: `${stage.gateway.url}/responses-kept-alive/v1` });
      const stream = client.responses.stream({ model: 'm', input: 'hi' });
      await expect(stream.finalResponse()).rejects.toThrow('Topic (weapons) was detected');
      expect(stage.provider.requests).toHaveLength(1);
    });

    /** Arguments as they are streamed: a file that is written, with what AIDR blocks in its middle. */
    const PIECES = ['{"path":"a.txt","text":"', ...WORDS, '"}'];
    const begun = (written: string) => {
      expect(written).toContain('{"path":"a.txt","text":"The quick');
      expect(written).not.toContain('bomb');
    };

    it('leaves the call of a tool incomplete: chat completions', async () => {
      const chunk = (delta: object) =>
        `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', model: 'm', choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`;
      const call = { index: 0, id: 'call_1', type: 'function', function: { name: 'write', arguments: '' } };
      const chunks = [
        chunk({ role: 'assistant', content: null, tool_calls: [call] }),
        ...PIECES.map((piece) => chunk({ tool_calls: [{ index: 0, function: { arguments: piece } }] })),
      ];
      stage.provider.answer({ chunks, delayMs: 2 });
      const stream = openai(stage.gateway.url).chat.completions.stream({ model: 'm', messages: MESSAGES });
      let written = '';
      let complete = 0;
      stream.on('chunk', ({ choices }) => {
        written += choices[0]?.delta.tool_calls?.[0]?.function?.arguments ?? '';
      });
      stream.on('tool_calls.function.arguments.done', () => void complete++);
      await expect(stream.finalChatCompletion()).rejects.toThrow('Topic (weapons) was detected');
      begun(written);
      expect(complete).toBe(0);
    });

    it('leaves the call of a tool incomplete: responses', async () => {
      const item = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'write', arguments: '' };
      const place = { item_id: 'fc_1', output_index: 0 };
      const chunks = numbered([
        { type: 'response.created', response: { ...RESPONSE, status: 'in_progress' } },
        { type: 'response.output_item.added', output_index: 0, item },
        ...PIECES.map((delta) => ({ type: 'response.function_call_arguments.delta', ...place, delta })),
      ]);
      stage.provider.answer({ chunks, delayMs: 2 });
      const client = new OpenAI({ ...key, baseURL: `${stage.gateway.url}/responses/v1` });
      let written = '';
      const types: string[] = [];
      const stream = client.responses
        .stream({ model: 'm', input: 'hi' })
        .on('event', (one) => void types.push(one.type))
        .on('response.function_call_arguments.delta', ({ delta }) => {
          written += delta;
        });
      await expect(stream.finalResponse()).rejects.toThrow('Topic (weapons) was detected');
      begun(written);
      expect(types.filter((type) => type.endsWith('.done'))).toEqual([]);
    });

    it('leaves the call of a tool incomplete: Anthropic', async () => {
      const [start = '', , ...rest] = messageStream('x');
      const chunks = [
        start,
        event('content_block_start', {
          ...{ index: 0, content_block: { type: 'tool_use', id: 'toolu_1', name: 'write', input: {} } },
        }),
        ...PIECES.map((partial_json) =>
          event('content_block_delta', { index: 0, delta: { type: 'input_json_delta', partial_json } }),
        ),
        ...rest.slice(1),
      ];
      stage.provider.answer({ chunks, delayMs: 2 });
      const client = new Anthropic({ ...key, baseURL: `${stage.gateway.url}/anthropic` });
      let written = '';
      let complete = 0;
      const stream = client.messages
        .stream({ model: 'claude', max_tokens: 9, messages: MESSAGES })
        .on('inputJson', (partial) => {
          written += partial;
        })
        .on('contentBlock', () => void complete++);
      await expect(stream.finalMessage()).rejects.toThrow('Topic (weapons) was detected');
      begun(written);
      expect(complete).toBe(0);
    });
  });
}

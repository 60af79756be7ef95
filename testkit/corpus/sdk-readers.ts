/**
 * The providers' own clients, fed with the bytes of a recorded stream instead of a connection: what they hand out event
 * by event, and what they accumulate themselves.
 */
import { Readable } from 'node:stream';
import Anthropic from '@anthropic-ai/sdk';
import {
  BedrockRuntimeClient,
  ConverseStreamCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { GoogleGenAI } from '@google/genai';
import { CohereClient, CohereClientV2 } from 'cohere-ai';
import OpenAI, { AzureOpenAI } from 'openai';
import { isObject } from '../../src/formats/segment.ts';
import type { Sample } from './manifest.ts';

export interface SdkReading {
  events: unknown[];
  /** What the client makes of all events; undefined where it does not accumulate, or gave up. */
  accumulated?: unknown;
  /** What the client raised, by name: some recordings end in an error. */
  errors: string[];
}

export interface SdkReader {
  name: string;
  read(bytes: Uint8Array): Promise<SdkReading>;
}

/** @returns undefined for what no official client reads, such as a JSON list */
export function sdkReaderOf(sample: Sample): SdkReader | undefined {
  if (sample.file.endsWith('.bin')) return { name: '@aws-sdk/client-bedrock-runtime', read: bedrock(sample) };
  if (sample.endpoint === 'v1-chat' && sample.provider === 'cohere')
    return { name: 'cohere-ai', read: cohereV1 };
  if (!sample.file.endsWith('.sse')) return undefined;
  switch (sample.provider) {
    case 'openai':
    case 'kong':
      return { name: 'openai', read: openai(sample, (fetch) => new OpenAI({ ...KEY, fetch })) };
    case 'azure':
      return { name: 'openai', read: openai(sample, azureClient) };
    case 'anthropic':
      return { name: '@anthropic-ai/sdk', read: anthropic };
    case 'cohere':
      return { name: 'cohere-ai', read: cohereV2 };
    case 'gemini':
      return { name: '@google/genai', read: gemini };
    default:
      return undefined;
  }
}

const KEY = { apiKey: 'k', maxRetries: 0, logLevel: 'off' as const };

type Read = SdkReader['read'];

/** No reader may rely on where the network cuts a stream. */
const CHUNK_SIZES = [1, 2, 3, 61, 7, 1024, 19, 4];

function* cut(bytes: Uint8Array): Generator<Uint8Array> {
  for (let start = 0, turn = 0; start < bytes.length; turn++) {
    const end = start + (CHUNK_SIZES[turn % CHUNK_SIZES.length] ?? 1);
    yield bytes.slice(start, end);
    start = end;
  }
}

/** Some recordings lack the blank line at their end, without which clients pass over the last event. */
const BLANK_LINE = Buffer.from('\n\n');

function answering(bytes: Uint8Array, contentType = 'text/event-stream'): () => Promise<Response> {
  const body = Buffer.concat([bytes, BLANK_LINE]);
  return async () =>
    new Response(ReadableStream.from(cut(body)), { headers: { 'content-type': contentType } });
}

/** @param accumulate reads the same bytes again, the way the client gathers them */
async function gather(
  open: () => Promise<AsyncIterable<unknown> | undefined>,
  accumulate?: () => Promise<unknown>,
): Promise<SdkReading> {
  const reading: SdkReading = { events: [], errors: [] };
  try {
    for await (const event of (await open()) ?? []) reading.events.push(structuredClone(event));
  } catch (error) {
    reading.errors.push(nameOf(error));
  }
  try {
    reading.accumulated = await accumulate?.();
  } catch (error) {
    reading.errors.push(nameOf(error));
  }
  return reading;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.constructor.name : String(error);
}

const MESSAGES = [{ role: 'user' as const, content: 'hi' }];

function azureClient(fetch: () => Promise<Response>): OpenAI {
  return new AzureOpenAI({ ...KEY, fetch, endpoint: 'http://azure', apiVersion: 'v', deployment: 'd' });
}

function openai(sample: Sample, clientWith: (fetch: () => Promise<Response>) => OpenAI): Read {
  return (bytes) => {
    const client = clientWith(answering(bytes));
    const request = { model: 'm', stream: true as const };
    if (sample.endpoint.endsWith('responses')) {
      const asked = { ...request, input: 'hi' };
      return gather(
        () => client.responses.create(asked),
        () => client.responses.stream(asked).finalResponse(),
      );
    }
    if (sample.endpoint.endsWith('chat-completions') || sample.endpoint === 'llm-v1-chat') {
      const asked = { ...request, messages: MESSAGES };
      return gather(
        () => client.chat.completions.create(asked),
        () => client.chat.completions.stream(asked).finalChatCompletion(),
      );
    }
    return gather(() => client.completions.create({ ...request, prompt: 'hi' }));
  };
}

const anthropic: Read = (bytes) => {
  const client = new Anthropic({ ...KEY, fetch: answering(bytes) });
  const asked = { model: 'm', max_tokens: 9, messages: MESSAGES };
  return gather(
    () => client.messages.create({ ...asked, stream: true }),
    () => client.messages.stream(asked).finalMessage(),
  );
};

const cohereV2: Read = (bytes) =>
  gather(() =>
    new CohereClientV2({ token: 'k', maxRetries: 0, fetch: answering(bytes) }).chatStream({
      model: 'm',
      messages: MESSAGES,
    }),
  );

const cohereV1: Read = (bytes) =>
  gather(() =>
    new CohereClient({
      token: 'k',
      maxRetries: 0,
      fetch: answering(bytes, 'application/stream+json'),
    }).chatStream({ message: 'hi' }),
  );

const gemini: Read = (bytes) => {
  const client = new GoogleGenAI({ apiKey: 'k', httpOptions: { fetch: answering(bytes) } });
  return gather(() => client.models.generateContentStream({ model: 'm', contents: 'hi' }));
};

function bedrock({ endpoint }: Sample): Read {
  return (bytes) => {
    const client = new BedrockRuntimeClient({
      region: 'us-east-1',
      token: { token: 'k' },
      authSchemePreference: ['httpBearerAuth'],
      maxAttempts: 1,
      requestHandler: { handle: async () => ({ response: awsResponse(bytes) }) },
    });
    if (endpoint === 'converse-stream') {
      const command = new ConverseStreamCommand({
        modelId: 'm',
        messages: [{ role: 'user', content: [{ text: 'hi' }] }],
      });
      return gather(async () => (await client.send(command)).stream);
    }
    const command = new InvokeModelWithResponseStreamCommand({ modelId: 'm', body: '{}' });
    return gather(async () => innerEvents((await client.send(command)).body));
  };
}

function awsResponse(bytes: Uint8Array) {
  const headers = { 'content-type': 'application/vnd.amazon.eventstream' };
  return { statusCode: 200, headers, body: Readable.from(cut(bytes)) };
}

/** The model's own event is JSON in a chunk's bytes. */
async function* innerEvents(stream: AsyncIterable<unknown> | undefined): AsyncIterable<unknown> {
  for await (const event of stream ?? []) {
    const chunk = isObject(event) ? event.chunk : undefined;
    const bytes = isObject(chunk) ? chunk.bytes : undefined;
    yield bytes instanceof Uint8Array ? JSON.parse(Buffer.from(bytes).toString('utf8')) : event;
  }
}

/** The providers' own clients as the refusals in these scenarios meet them: behind a hop that counts and can tamper. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Anthropic from '@anthropic-ai/sdk';
import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { GoogleGenAI } from '@google/genai';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { CohereClient, CohereClientV2 } from 'cohere-ai';
import OpenAI, { AzureOpenAI } from 'openai';

export interface Asking {
  /** Of the gateway and the route. */
  url: string;
  prompt: string;
  isStreamed?: boolean;
  /** How often the client repeats a request by itself; absent: as often as it likes. */
  maxRetries?: number;
}

export interface RefusedSdk {
  name: string;
  provider: string;
  /** Asks, and returns the text of the answer. */
  ask(asking: Asking): Promise<string | null | undefined>;
  /** The status that its own error carries. */
  statusOf(error: unknown): unknown;
  /** What it takes for the error's code, where it has such a field. */
  codeOf?(error: unknown): unknown;
  /** It heeds `x-should-retry`. */
  heedsHeader?: true;
}

const retriesOf = ({ maxRetries }: Asking) => (maxRetries === undefined ? {} : { maxRetries });
const user = (content: string) => ({ role: 'user' as const, content });

async function textOf<Chunk>(
  chunks: AsyncIterable<Chunk>,
  pick: (chunk: Chunk) => string | null | undefined,
): Promise<string> {
  let text = '';
  for await (const chunk of chunks) text += pick(chunk) ?? '';
  return text;
}

async function askChat(client: OpenAI, { prompt, isStreamed }: Asking) {
  const body = { model: 'gpt-4o-mini', messages: [user(prompt)] };
  if (!isStreamed) return (await client.chat.completions.create(body)).choices[0]?.message.content;
  const chunks = await client.chat.completions.create({ ...body, stream: true });
  return textOf(chunks, ({ choices }) => choices[0]?.delta.content);
}

/** A bearer token signs nothing; by default the client insists on HTTP/2, which needs TLS. */
function bedrock({ url, maxRetries }: Asking): BedrockRuntimeClient {
  return new BedrockRuntimeClient({
    region: 'us-east-1',
    endpoint: url,
    token: { token: 'bedrock-key' },
    authSchemePreference: ['httpBearerAuth'],
    ...(maxRetries === undefined ? {} : { maxAttempts: maxRetries + 1 }),
    requestHandler: new NodeHttpHandler(),
  });
}

export const httpStatus = (error: unknown) => (error as { status?: unknown }).status;
const openAiCode = (error: unknown) => (error as { code?: unknown }).code;
const anthropicCode = (error: unknown) => (error as { errorCode?: unknown }).errorCode;
const cohereStatus = (error: unknown) => (error as { statusCode?: unknown }).statusCode;
const awsStatus = (error: unknown) =>
  (error as { $metadata?: { httpStatusCode?: unknown } }).$metadata?.httpStatusCode;

export const REFUSED_SDKS: readonly RefusedSdk[] = [
  {
    name: 'openai, chat completions',
    provider: 'openai',
    ask: (asking) =>
      askChat(new OpenAI({ apiKey: 'k', baseURL: `${asking.url}/v1`, ...retriesOf(asking) }), asking),
    statusOf: httpStatus,
    codeOf: openAiCode,
    heedsHeader: true,
  },
  {
    name: 'openai, responses',
    provider: 'openai',
    async ask(asking) {
      const client = new OpenAI({ apiKey: 'k', baseURL: `${asking.url}/v1`, ...retriesOf(asking) });
      const body = { model: 'gpt-4o-mini', input: asking.prompt };
      if (!asking.isStreamed) return (await client.responses.create(body)).output_text;
      const final = await client.responses.stream(body).finalResponse();
      return final.output_text;
    },
    statusOf: httpStatus,
    codeOf: openAiCode,
    heedsHeader: true,
  },
  {
    name: 'openai, completions',
    provider: 'openai',
    async ask(asking) {
      const client = new OpenAI({ apiKey: 'k', baseURL: `${asking.url}/v1`, ...retriesOf(asking) });
      const body = { model: 'gpt-4o-mini', prompt: asking.prompt };
      if (!asking.isStreamed) return (await client.completions.create(body)).choices[0]?.text;
      const chunks = await client.completions.create({ ...body, stream: true });
      return textOf(chunks, ({ choices }) => choices[0]?.text);
    },
    statusOf: httpStatus,
    codeOf: openAiCode,
    heedsHeader: true,
  },
  {
    name: 'openai for Azure',
    provider: 'azureai',
    ask(asking) {
      const client = new AzureOpenAI({
        ...{ apiKey: 'k', endpoint: asking.url, apiVersion: '2024-10-21', deployment: 'd' },
        ...retriesOf(asking),
      });
      return askChat(client, asking);
    },
    statusOf: httpStatus,
    codeOf: openAiCode,
    heedsHeader: true,
  },
  {
    name: '@anthropic-ai/sdk',
    provider: 'anthropic',
    async ask(asking) {
      const client = new Anthropic({ apiKey: 'k', baseURL: asking.url, ...retriesOf(asking) });
      const body = { model: 'claude', max_tokens: 9, messages: [user(asking.prompt)] };
      if (asking.isStreamed) return client.messages.stream(body).finalText();
      const [block] = (await client.messages.create(body)).content;
      return block?.type === 'text' ? block.text : undefined;
    },
    statusOf: httpStatus,
    codeOf: anthropicCode,
    heedsHeader: true,
  },
  {
    name: 'cohere-ai, v2',
    provider: 'cohere',
    async ask(asking) {
      const client = new CohereClientV2({ token: 'k', environment: asking.url, ...retriesOf(asking) });
      const body = { model: 'command', messages: [user(asking.prompt)] };
      if (asking.isStreamed)
        return textOf(await client.chatStream(body), (event) =>
          event.type === 'content-delta' ? event.delta?.message?.content?.text : '',
        );
      const [item] = (await client.chat(body)).message.content ?? [];
      return item?.type === 'text' ? item.text : undefined;
    },
    statusOf: cohereStatus,
  },
  {
    name: 'cohere-ai, v1',
    provider: 'cohere',
    async ask(asking) {
      const client = new CohereClient({ token: 'k', environment: asking.url, ...retriesOf(asking) });
      const body = { model: 'command', message: asking.prompt };
      if (!asking.isStreamed) return (await client.chat(body)).text;
      return textOf(await client.chatStream(body), (event) =>
        event.eventType === 'text-generation' ? event.text : '',
      );
    },
    statusOf: cohereStatus,
  },
  {
    name: '@google/genai',
    provider: 'gemini',
    async ask({ url, prompt: contents, isStreamed }) {
      const client = new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: url } });
      const body = { model: 'gemini-2.5-flash', contents };
      if (!isStreamed) return (await client.models.generateContent(body)).text;
      return textOf(await client.models.generateContentStream(body), ({ text }) => text);
    },
    statusOf: httpStatus,
  },
  {
    name: '@aws-sdk/client-bedrock-runtime, Converse',
    provider: 'bedrock',
    async ask(asking) {
      const input = {
        modelId: 'amazon.nova-micro-v1:0',
        messages: [{ role: 'user' as const, content: [{ text: asking.prompt }] }],
      };
      const client = bedrock(asking);
      if (!asking.isStreamed)
        return (await client.send(new ConverseCommand(input))).output?.message?.content?.[0]?.text;
      const { stream = [] } = await client.send(new ConverseStreamCommand(input));
      return textOf(
        stream as AsyncIterable<{ contentBlockDelta?: { delta?: { text?: string } } }>,
        (event) => event.contentBlockDelta?.delta?.text,
      );
    },
    statusOf: awsStatus,
  },
  {
    name: '@aws-sdk/client-bedrock-runtime, InvokeModel',
    provider: 'bedrock',
    async ask(asking) {
      const input = {
        modelId: 'anthropic.claude-3-haiku-20240307-v1:0',
        body: JSON.stringify({
          ...{ anthropic_version: 'bedrock-2023-05-31', max_tokens: 9 },
          messages: [user(asking.prompt)],
        }),
      };
      const client = bedrock(asking);
      const parse = (bytes: Uint8Array | undefined) => JSON.parse(Buffer.from(bytes ?? []).toString('utf8'));
      if (!asking.isStreamed) {
        const { body } = await client.send(new InvokeModelCommand(input));
        return parse(body).content[0].text;
      }
      const { body = [] } = await client.send(new InvokeModelWithResponseStreamCommand(input));
      return textOf(body as AsyncIterable<{ chunk?: { bytes?: Uint8Array } }>, ({ chunk }) =>
        chunk ? parse(chunk.bytes).delta?.text : '',
      );
    },
    statusOf: awsStatus,
  },
];

/** Requests of OpenAI's client whose answers no format reads. */
export const UNREAD_REQUESTS: [what: string, ask: (client: OpenAI) => Promise<unknown>][] = [
  ['a key for a realtime session', (client) => client.realtime.clientSecrets.create({})],
  [
    'a call',
    (client) => client.realtime.calls.accept('rtc_1', { type: 'realtime', instructions: 'Be kind' }),
  ],
];

/** Requests that nothing but sound can answer. */
export function speechOfGemini(baseUrl: string): Promise<unknown> {
  return new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl } }).models.generateContent({
    ...{ model: 'gemini-2.5-flash-preview-tts', contents: 'Say hello!' },
    config: { responseModalities: ['AUDIO'] },
  });
}

export function speechOfChat(url: string): Promise<unknown> {
  return new OpenAI({ apiKey: 'k', baseURL: `${url}/v1` }).chat.completions.create({
    ...{ model: 'gpt-audio', messages: [user('Say hello!')], modalities: ['text', 'audio'] },
    audio: { voice: 'alloy', format: 'wav' },
  });
}

/** What stands between a client and the gateway. */
export interface Hop {
  url: string;
  /** How often the client asked. */
  attempts: number;
  /** Changes what the client sends. */
  tamper: ((sent: { headers: IncomingHttpHeaders; body: Buffer }) => Buffer) | undefined;
  stop(): Promise<void>;
}

export async function startHop(gateway: () => string): Promise<Hop> {
  const server: Server = createServer(async (request, response) => {
    hop.attempts++;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const {
      host: _,
      connection: __,
      'content-length': ___,
      'transfer-encoding': ____,
      ...headers
    } = request.headers;
    const sent = { headers, body: Buffer.concat(chunks) };
    const body = hop.tamper?.(sent) ?? sent.body;
    const answer = await fetch(`${gateway()}${request.url}`, {
      method: request.method ?? 'POST',
      headers: sent.headers as Record<string, string>,
      body: new Uint8Array(body),
    });
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const hop: Hop = {
    ...{ url: `http://127.0.0.1:${port}`, attempts: 0, tamper: undefined },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return hop;
}

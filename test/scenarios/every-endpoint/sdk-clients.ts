/** The official clients: their methods, and how these are called against any address. */
import Anthropic from '@anthropic-ai/sdk';
import * as agents from '@aws-sdk/client-bedrock-agent-runtime';
import * as runtime from '@aws-sdk/client-bedrock-runtime';
import { GoogleGenAI } from '@google/genai';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { CohereClient } from 'cohere-ai';
import OpenAI, { AzureOpenAI } from 'openai';
import { sdkCommandsOf } from '../../../testkit/sdk/sdk-commands.ts';
import { type SdkMethod, sdkMethodsOf } from '../../../testkit/sdk/sdk-methods.ts';
import { TAG } from './desk.ts';
import { WORDS } from './wire.ts';

export interface SdkClient {
  name: string;
  /** Of the gateway. */
  route: string;
  /** Clients of one API send and get the same. */
  api: string;
  methods(): SdkMethod[];
  /** So many of them are sent; fewer mean that the declarations are not understood any more. */
  atLeast: number;
  /** @returns undefined for a helper, which makes several requests or none */
  method(baseUrl: string, tag: string, name: string): ((...args: unknown[]) => unknown) | undefined;
}

const KEY = { apiKey: 'k', maxRetries: 0 };

const methodsOfOpenAi = once(() => sdkMethodsOf('openai/client.d.ts', 'OpenAI', argumentOf));
const methodsOfGoogle = once(() => sdkMethodsOf('@google/genai/dist/genai.d.ts', 'GoogleGenAI', argumentOf));

function once<Value>(make: () => Value): () => Value {
  let made: Value | undefined;
  return () => (made ??= make());
}

export const SDK_CLIENTS: SdkClient[] = [
  {
    ...{ name: 'OpenAI', atLeast: 250, route: 'openai', api: 'openai' },
    methods: methodsOfOpenAi,
    method: (baseUrl, tag, name) =>
      stainless(
        new OpenAI({ ...KEY, adminAPIKey: 'k', baseURL: `${baseUrl}/v1`, defaultHeaders: { [TAG]: tag } }),
        name,
      ),
  },
  {
    ...{ name: 'Azure OpenAI', atLeast: 120, route: 'azureai', api: 'openai' },
    methods: methodsOfOpenAi,
    method: (endpoint, tag, name) =>
      stainless(
        new AzureOpenAI({
          ...KEY,
          endpoint,
          apiVersion: '2025-04-01-preview',
          defaultHeaders: { [TAG]: tag },
        }),
        // What Azure does not have.
        /^(?:admin|skills|beta\.chatkit)\b/.test(name) ? '' : name,
      ),
  },
  {
    ...{ name: 'Anthropic', atLeast: 350, route: 'anthropic', api: 'anthropic' },
    methods: () => sdkMethodsOf('@anthropic-ai/sdk/client.d.ts', 'Anthropic', argumentOf),
    method: (baseURL, tag, name) =>
      stainless(new Anthropic({ ...KEY, baseURL, defaultHeaders: { [TAG]: tag } }), name),
  },
  {
    ...{ name: 'Cohere', atLeast: 40, route: 'cohere', api: 'cohere' },
    methods: () => sdkMethodsOf('cohere-ai/Client.d.ts', 'CohereClient', argumentOf),
    method: (environment, tag, name) =>
      memberOf(
        new CohereClient({ token: 'k', environment, maxRetries: 0, headers: { [TAG]: tag } }),
        SEVERAL.has(name) ? '' : name,
      ),
  },
  {
    ...{ name: 'Gemini', atLeast: 60, route: 'gemini', api: 'gemini' },
    methods: methodsOfGoogle,
    method: (baseUrl, tag, name) =>
      memberOf(
        new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl, headers: { [TAG]: tag } } }),
        SEVERAL.has(name) ? '' : name,
      ),
  },
  {
    ...{ name: 'Vertex', atLeast: 50, route: 'gemini', api: 'gemini' },
    methods: methodsOfGoogle,
    method: (baseUrl, tag, name) =>
      memberOf(
        new GoogleGenAI({
          ...{ vertexai: true, project: 'p', location: 'us-central1' },
          googleAuthOptions: { authClient: SIGNED_IN as never },
          httpOptions: { baseUrl, headers: { [TAG]: tag } },
        }),
        SEVERAL.has(name) ? '' : name,
      ),
  },
  {
    ...{ name: 'Bedrock', atLeast: 8, route: 'bedrock', api: 'bedrock' },
    methods: () => sdkCommandsOf('@aws-sdk/client-bedrock-runtime/dist-types/index.d.ts', argumentOf),
    method: (endpoint, tag, name) =>
      command(new runtime.BedrockRuntimeClient(awsOf(endpoint, tag)), runtime, name),
  },
  {
    ...{ name: 'Bedrock agents', atLeast: 30, route: 'bedrock', api: 'bedrock agents' },
    methods: () => sdkCommandsOf('@aws-sdk/client-bedrock-agent-runtime/dist-types/index.d.ts', argumentOf),
    method: (endpoint, tag, name) =>
      command(new agents.BedrockAgentRuntimeClient(awsOf(endpoint, tag)), agents, name),
  },
];

/** They open sockets, keep what was said, upload in steps, or go wherever the application says. */
const SEVERAL = new Set([
  'fetch',
  ...['live.connect', 'live.music.connect', 'chats.create', 'files.upload', 'files.download'],
  ...['fileSearchStores.uploadToFileSearchStore', 'fileSearchStores.downloadMedia'],
]);

const SIGNED_IN = {
  getRequestHeaders: async () => new Headers({ authorization: 'Bearer k' }),
  universeDomain: 'googleapis.com',
};

/** What stands for files, bytes and times among the arguments of a method. */
function argumentOf(type: string): unknown {
  if (type === 'Date') return new Date(0);
  if (type === 'Uint8Array' || type === 'ArrayBuffer') return Buffer.from(WORDS);
  return new File([WORDS], 'harbour.txt');
}

function stainless(client: object, name: string): ReturnType<SdkClient['method']> {
  const method = memberOf(client, name);
  return method && isOneRequest(String(method.source)) ? method : undefined;
}

function isOneRequest(source: string): boolean {
  return /_client\s*\.\s*(?:get|post|put|patch|delete)\w*\(/.test(source) && !source.includes('while (true)');
}

type Method = ((...args: unknown[]) => unknown) & { source?: string };

function memberOf(client: object, name: string): Method | undefined {
  const steps = name.split('.');
  let owner: unknown = client;
  for (const step of steps.slice(0, -1)) owner = Reflect.get(Object(owner), step);
  const method: unknown = Reflect.get(Object(owner), steps.at(-1) ?? '');
  if (typeof method !== 'function') return undefined;
  return Object.assign((...args: unknown[]) => method.apply(owner, args), { source: String(method) });
}

function command(client: { send(command: never): unknown }, from: object, name: string): Method | undefined {
  const Command: unknown = Reflect.get(from, name);
  if (typeof Command !== 'function') return undefined;
  return (input) => client.send(Reflect.construct(Command, [input]) as never);
}

/** A bearer token signs nothing, so bodies can be redacted. By default the client insists on HTTP/2, which needs TLS. */
function awsOf(endpoint: string, tag: string) {
  const handler = new NodeHttpHandler();
  return {
    ...{ region: 'us-east-1', endpoint, maxAttempts: 1, token: { token: 'k' } },
    authSchemePreference: ['httpBearerAuth'],
    credentials: { accessKeyId: 'k', secretAccessKey: 's' },
    requestHandler: {
      handle(request: Parameters<NodeHttpHandler['handle']>[0], options: object) {
        request.headers[TAG] = tag;
        return handler.handle(request, options);
      },
    },
  };
}

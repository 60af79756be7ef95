/**
 * Which body formats read a body. A new provider API is one file beside this one, one line in `byApiUri`, and one in
 * `endpoints`.
 */
import type { Provider } from '../config/api-uri.ts';
import { messageBatches } from './anthropic/batches.ts';
import { complete } from './anthropic/complete.ts';
import { messages } from './anthropic/messages.ts';
import { converse } from './bedrock/converse.ts';
import { invokeModel } from './bedrock/invoke.ts';
import { tasks } from './bedrock/tasks.ts';
import { textModels } from './bedrock/text-models.ts';
import { generate } from './cohere/generate.ts';
import { chatV1 } from './cohere/v1-chat.ts';
import { chatV2 } from './cohere/v2-chat.ts';
import type { BodyFormat } from './format.ts';
import { countTokens } from './gemini/count-tokens.ts';
import { embedContent } from './gemini/embed-content.ts';
import { generateContent } from './gemini/generate-content.ts';
import { predict } from './gemini/predict.ts';
import { ollama } from './kong/ollama.ts';
import { promptTemplate } from './kong/prompt-template.ts';
import { textGeneration } from './kong/text-generation.ts';
import { chatCompletions } from './openai/chat-completions.ts';
import { completions } from './openai/completions.ts';
import { embeddings } from './openai/embeddings.ts';
import { responses } from './openai/responses.ts';

const invoke = invokeModel([
  { format: converse },
  { format: tasks },
  { format: messages, isRequest: (body) => 'anthropic_version' in body },
  { format: chatV1 },
  { format: textModels },
  { format: chatCompletions },
  { format: messages },
  { format: complete },
  { format: generate },
  { format: completions },
]);

const byApiUri: Partial<Record<Provider, Record<string, BodyFormat[]>>> = {
  anthropic: {
    '/v1/messages': [messages],
    '/v1/complete': [complete],
    auto: [messageBatches],
  },
  cohere: {
    '/v2/chat': [chatV2],
    '/v1/chat': [chatV1],
    '/v1/generate': [generate],
  },
  gemini: {
    generateContent: [generateContent],
    streamGenerateContent: [generateContent],
    // What CrowdStrike's Lua plugins call it.
    '/v1/models': [generateContent],
    auto: [embedContent, countTokens, predict],
  },
  openai: {
    '/v1/chat/completions': [chatCompletions],
    '/v1/completions': [completions],
    '/v1/responses': [responses],
    '/v1/embeddings': [embeddings],
  },
  azureai: {
    '/chat/completions': [chatCompletions],
    '/completions': [completions],
    '/responses': [responses],
    '/embeddings': [embeddings],
  },
  kong: {
    '/llm/v1/chat': [promptTemplate, ollama, chatCompletions],
    '/llm/v1/completions': [promptTemplate, ollama, completions, textGeneration],
    // And every other provider's. Of those that have messages this one looks closest, so it comes first.
    auto: [converse],
  },
  bedrock: {
    converse: [converse],
    'converse-stream': [converse],
    invoke: [invoke],
    'invoke-with-response-stream': [invoke],
  },
};

/** What a request's path says. */
interface Endpoint {
  /** Matches the end of the path: what stands before it depends on the route. */
  path: RegExp;
  formats: BodyFormat[];
}

const endpoints: Endpoint[] = [
  { path: /\/v1\/messages(?:\/count_tokens)?$/i, formats: [messages] },
  {
    path: /\/publishers\/anthropic\/models\/[^/]+(?::|%3A)(?:streamRawPredict|rawPredict)$/i,
    formats: [messages],
  },
  { path: /\/v1\/messages\/batches(?:\/[^/]+(?:\/results)?)?$/i, formats: [messageBatches] },
  { path: /\/v1\/complete$/i, formats: [complete] },
  { path: /\/v2\/chat$/i, formats: [chatV2] },
  { path: /\/v1\/chat$/i, formats: [chatV1] },
  { path: /\/v1\/generate$/i, formats: [generate] },
  { path: /(?::|%3A)(?:generate|streamGenerate)Content$/i, formats: [generateContent] },
  { path: /(?::|%3A)(?:embedContent|(?:async)?batchEmbedContents)$/i, formats: [embedContent] },
  { path: /(?::|%3A)countTokens$/i, formats: [countTokens] },
  { path: /(?::|%3A)predict$/i, formats: [predict] },
  { path: /\/model\/[^/]+(?:\/[^/]+)?\/converse(?:-stream)?$/i, formats: [converse] },
  { path: /\/model\/[^/]+(?:\/[^/]+)?\/invoke(?:-with-response-stream)?$/i, formats: [invoke] },
  { path: /\/chat\/completions$/i, formats: [chatCompletions] },
  { path: /(?<!\/chat)\/completions$/i, formats: [completions] },
  { path: /\/responses(?:\/compact|\/input_tokens)?$/i, formats: [responses] },
  { path: /\/embeddings$/i, formats: [embeddings] },
  { path: /\/llm\/v1\/chat$/i, formats: [promptTemplate, chatCompletions] },
  { path: /\/llm\/v1\/completions$/i, formats: [promptTemplate, completions] },
  { path: /\/api\/(?:chat|generate)$/i, formats: [ollama] },
];

/** Providers' paths name the model where the body does not. */
const MODEL_IN_PATH =
  /\/model\/(?<bedrock>[^/]+(?:\/[^/]+)?)\/(?:converse|invoke)|\/(?:deployments|models|tunedModels)\/(?<other>[^/:]+)(?=[/:])/;

/** The formats of one route: those that its configuration names, and all that its provider has. */
export interface RouteFormats {
  configured: BodyFormat[];
  all: BodyFormat[];
}

/** @returns undefined for an endpoint that this version cannot read */
export function routeFormats(provider: Provider, apiUri: string): RouteFormats | undefined {
  const ofProvider = byApiUri[provider];
  if (!ofProvider) return undefined;
  // Kong's ai-proxy hands on what the client and the provider behind it say, whichever that is.
  const owners = provider === 'kong' ? [ofProvider, ...Object.values(byApiUri)] : [ofProvider];
  const all = [...new Set(owners.flatMap((formats) => Object.values(formats).flat()))];
  if (apiUri === 'auto') return { configured: [], all };
  return Object.hasOwn(ofProvider, apiUri) ? { configured: ofProvider[apiUri] ?? [], all } : undefined;
}

/** @returns the formats of every known endpoint that some server may take the path for */
export function formatsOfPath(path: string): BodyFormat[] {
  const asked = routedPath(path);
  return endpoints.filter((endpoint) => endpoint.path.test(asked)).flatMap(({ formats }) => formats);
}

/** Servers differ in what they pass over: encoding, parameters, empty segments, blanks. */
function routedPath(path: string): string {
  const segments = decoded(path)
    .split('/')
    .map((segment) => (segment.split(/[;?#]/, 1)[0] ?? '').trim());
  return `/${segments.filter((segment) => segment !== '').join('/')}`;
}

export function modelOfPath(path: string): string | undefined {
  const { bedrock, other } = MODEL_IN_PATH.exec(path)?.groups ?? {};
  const model = bedrock ?? other;
  return model && decoded(model);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

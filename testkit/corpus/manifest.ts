/** The corpus of recorded provider bodies: its manifest, and which route a sample belongs to. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { Provider } from '../../src/config/api-uri.ts';

/** In streams, where in the event numbered so. */
const spot = z.looseObject({ event: z.number().optional(), path: z.string() });

const text = z.looseObject({
  path: z.string(),
  role: z.string(),
  text: z.string(),
  kind: z.string(),
  /** In streams: `events` is a list of numbers and ranges, such as `3-9,12`. */
  pieces: z.array(z.object({ path: z.string(), events: z.string() })).default([]),
  /** In streams: where the whole text stands again. */
  echoes: z.array(spot).default([]),
});

const sample = z.looseObject({
  file: z.string(),
  provider: z.string(),
  endpoint: z.string(),
  api_uri: z.string(),
  direction: z.enum(['request', 'response']),
  streaming: z.boolean(),
  format: z.string(),
  content_type: z.string().optional(),
  content_encoding: z.string().optional(),
  http_status: z.number().optional(),
  texts: z.array(text),
  aux: z.array(spot).default([]),
  opaque: z.array(spot).default([]),
});

export type Sample = z.infer<typeof sample>;

/** The manifest's provider and endpoint, as a route would be configured. */
const ROUTES: Record<string, [Provider, string]> = {
  'openai/chat-completions': ['openai', '/v1/chat/completions'],
  'openai/completions': ['openai', '/v1/completions'],
  'openai/responses': ['openai', '/v1/responses'],
  'openai/embeddings': ['openai', '/v1/embeddings'],
  'azure/chat-completions': ['azureai', '/chat/completions'],
  'azure/completions': ['azureai', '/completions'],
  'azure/openai-v1-responses': ['azureai', '/responses'],
  'azure/embeddings': ['azureai', '/embeddings'],
  'anthropic/messages': ['anthropic', '/v1/messages'],
  'anthropic/complete': ['anthropic', '/v1/complete'],
  'cohere/v2-chat': ['cohere', '/v2/chat'],
  'cohere/v1-chat': ['cohere', '/v1/chat'],
  'cohere/v1-generate': ['cohere', '/v1/generate'],
  'gemini/generateContent': ['gemini', 'generateContent'],
  'gemini/streamGenerateContent': ['gemini', 'streamGenerateContent'],
  'gemini/embedContent': ['gemini', 'auto'],
  'bedrock/converse': ['bedrock', 'converse'],
  'bedrock/converse-stream': ['bedrock', 'converse-stream'],
  'bedrock/invoke': ['bedrock', 'invoke'],
  'bedrock/invoke-with-response-stream': ['bedrock', 'invoke-with-response-stream'],
  'kong/llm-v1-chat': ['kong', '/llm/v1/chat'],
  'kong/llm-v1-completions': ['kong', '/llm/v1/completions'],
};

/** @returns undefined for what no route of ours serves, such as MCP */
export function routeOf({ provider, endpoint }: Sample): [Provider, string] | undefined {
  // Native bodies and raw answers behind Kong's ai-proxy have no endpoint of their own.
  return ROUTES[`${provider}/${endpoint}`] ?? (provider === 'kong' ? ['kong', '/llm/v1/chat'] : undefined);
}

/** @returns undefined when there is no corpus in the folder */
export async function loadManifest(folder: string): Promise<Sample[] | undefined> {
  let text: string;
  try {
    text = await readFile(join(folder, 'manifest.json'), 'utf8');
  } catch {
    return undefined;
  }
  return z.array(sample).parse(JSON.parse(text));
}

/** OpenAI behind ai-proxy: nothing is translated, but the configuration is applied and answers are looked at. */

import type { Driver } from './driver.ts';
import { fieldOf, type JsonObject, truthy } from './lua-json.ts';
import type { RouteType, Settings } from './settings.ts';

export const OPENAI: Driver = {
  url: 'https://api.openai.com:443',
  paths: { 'llm/v1/chat': '/v1/chat/completions', 'llm/v1/completions': '/v1/completions' },
  // Kong can undo nothing else, so it keeps other encodings away.
  headers: () => ({ 'Accept-Encoding': 'gzip, identity' }),
  cleared: ['Set-Cookie'],
  request,
  answer,
  event: ({ data }) => data,
};

function request(
  client: JsonObject,
  { model: { options } }: Settings,
  model: string | undefined,
): JsonObject {
  return {
    ...client,
    temperature: options?.temperature ?? client.temperature,
    max_tokens: options?.max_tokens ?? client.max_tokens,
    top_p: options?.top_p ?? client.top_p,
    top_k: undefined,
    model: model ?? client.model,
    stream: client.stream ?? false,
  };
}

function answer(text: string, route: RouteType): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`failed to decode ${route} response`);
  }
  if (!truthy(fieldOf(value, 'choices'))) throw new Error(`'choices' not in ${route} response`);
  return text;
}

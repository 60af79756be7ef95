/** Which endpoint of which provider a route serves: the values of `upstream_llm`. */

/** Every provider and the `api_uri` values it accepts; `auto` chooses by request path and body shape. */
export const API_URIS = {
  anthropic: ['/v1/messages', '/v1/complete', 'auto'],
  azureai: ['/chat/completions', '/completions', '/responses', '/embeddings', 'auto'],
  bedrock: ['converse', 'converse-stream', 'invoke', 'invoke-with-response-stream', 'auto'],
  cohere: ['/v2/chat', '/v1/chat', '/v1/generate', 'auto'],
  gemini: ['generateContent', 'streamGenerateContent', '/v1/models', 'auto'],
  kong: ['/llm/v1/chat', '/llm/v1/completions', 'auto'],
  openai: ['/v1/chat/completions', '/v1/completions', '/v1/responses', '/v1/embeddings', 'auto'],
} as const satisfies Record<string, readonly string[]>;

export type Provider = keyof typeof API_URIS;

export const PROVIDERS = Object.keys(API_URIS) as [Provider, ...Provider[]];

/** The names that AIDR's console shows, sent as `llm_provider` where the configuration names none. */
export const PROVIDER_DISPLAY_NAMES: Record<Provider, string> = {
  anthropic: 'Anthropic',
  azureai: 'Azure OpenAI',
  bedrock: 'AWS Bedrock',
  cohere: 'Cohere',
  gemini: 'Google Gemini',
  kong: 'Kong AI Gateway',
  openai: 'OpenAI',
};

/** The sentence that Kong and this plugin use to refuse an `api_uri`. */
export function allowedApiUrisMessage(provider: Provider): string {
  return `for provider '${provider}' the allowed api_uris are: ${API_URIS[provider].join(', ')}`;
}

export function isApiUriOf(provider: Provider, apiUri: string): boolean {
  return (API_URIS[provider] as readonly string[]).includes(apiUri);
}

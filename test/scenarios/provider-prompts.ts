/** What each provider is asked: one prompt in that provider's shape. */

export interface PromptShape {
  provider: string;
  path: string;
  body(prompt: string): object;
}

/** What several APIs take for a chat. */
export const chatBody = (content: unknown) => ({
  model: 'gpt-4o-mini',
  max_tokens: 9,
  messages: [{ role: 'user', content }],
});

/** OpenAI's own. */
export const OPENAI_PROMPTS: Record<string, PromptShape> = {
  'chat completions': { provider: 'openai', path: '/v1/chat/completions', body: chatBody },
  completions: {
    provider: 'openai',
    path: '/v1/completions',
    body: (prompt) => ({ model: 'gpt-4o-mini', prompt }),
  },
  responses: {
    provider: 'openai',
    path: '/v1/responses',
    body: (input) => ({ model: 'gpt-4o-mini', input }),
  },
};

/** The native ones of everybody else. */
export const NATIVE_PROMPTS: Record<string, PromptShape> = {
  'Anthropic messages': {
    provider: 'anthropic',
    path: '/v1/messages',
    body: (text) => chatBody([{ type: 'text', text }]),
  },
  'Cohere chat': { provider: 'cohere', path: '/v2/chat', body: chatBody },
  'Gemini contents': {
    provider: 'gemini',
    path: '/v1beta/models/gemini-2.5-flash:generateContent',
    body: (text) => ({ contents: [{ role: 'user', parts: [{ text }] }] }),
  },
  'Bedrock converse': {
    provider: 'bedrock',
    path: '/model/amazon.nova-lite-v1:0/converse',
    body: (text) => ({ messages: [{ role: 'user', content: [{ text }] }] }),
  },
};

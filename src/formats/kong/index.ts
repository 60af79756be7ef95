/**
 * Kong's AI Gateway: ai-proxy takes OpenAI's requests and those of its own, and hands on what the client and the
 * provider behind it say, whichever that is.
 *
 * @see https://developer.konghq.com/plugins/ai-proxy/
 */
import { converse } from '../bedrock/converse.ts';
import { chatCompletions } from '../openai/chat-completions.ts';
import { completions } from '../openai/completions.ts';
import type { Provider } from '../provider.ts';
import { ollama } from './ollama.ts';
import { promptTemplate } from './prompt-template.ts';
import { REFUSALS } from './refusal.ts';
import { STREAM_ENDS } from './stream-end.ts';
import { textGeneration } from './text-generation.ts';

export const kong: Provider<'kong'> = {
  name: 'kong',
  displayName: 'Kong AI Gateway',

  apiUris: {
    '/llm/v1/chat': [promptTemplate, ollama, chatCompletions],
    '/llm/v1/completions': [promptTemplate, ollama, completions, textGeneration],
  },
  isGateway: true,
  // Of those that have messages this one looks closest, so it comes before all other providers'.
  otherFormats: [converse],

  endpoints: [
    { names: ['/llm/v1/chat'], path: /\/llm\/v1\/chat$/i, formats: [promptTemplate, chatCompletions] },
    {
      names: ['/llm/v1/completions'],
      path: /\/llm\/v1\/completions$/i,
      formats: [promptTemplate, completions],
    },
    { names: ['/api/chat', '/api/generate'], path: /\/api\/(?:chat|generate)$/i, formats: [ollama] },
  ],

  // Any value but `false` is a yes to ai-proxy, `null` and 0 included.
  streamRequest: { mayAsk: ({ stream }) => stream !== undefined && stream !== false },
  refusals: REFUSALS,
  streamEnds: STREAM_ENDS,
};

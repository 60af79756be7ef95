/**
 * Kong's AI Gateway: ai-proxy takes OpenAI's requests and those of its own, and hands on what the client and the
 * provider behind it say, whichever that is.
 *
 * @see https://developer.konghq.com/plugins/ai-proxy/
 */
import { converse } from '../bedrock/converse.ts';
import { chatCompletions } from '../openai/chat-completions.ts';
import { completions } from '../openai/completions.ts';
import { embeddings } from '../openai/embeddings.ts';
import { resources } from '../openai/resources.ts';
import { responses } from '../openai/responses.ts';
import { transcriptions } from '../openai/transcriptions.ts';
import type { Provider } from '../provider.ts';
import { texts } from '../servers/texts.ts';
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
    // The other route types of ai-proxy, under whatever path.
    '/llm/v1/responses': [responses],
    // Answers come as the provider gave them.
    '/llm/v1/embeddings': [embeddings, texts],
    '/llm/v1/files': [resources],
    '/llm/v1/batches': [resources],
    '/llm/v1/assistants': [resources],
    '/image/v1/images/generations': [resources],
    '/image/v1/images/edits': [resources],
    '/audio/v1/audio/speech': [resources],
    '/audio/v1/audio/transcriptions': [transcriptions],
    '/audio/v1/audio/translations': [transcriptions],
    '/video/v1/videos/generations': [resources],
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
    { names: ['/llm/v1/responses'], path: /\/llm\/v1\/responses$/i, formats: [responses] },
    { names: ['/llm/v1/embeddings'], path: /\/llm\/v1\/embeddings$/i, formats: [embeddings, texts] },
    {
      names: ['/image/v1/images/generations', '/image/v1/images/edits', '/video/v1/videos/generations'],
      path: /\/(?:image|video)\/v1\/(?:images|videos)\/(?:generations|edits)$/i,
      formats: [resources],
    },
    {
      names: ['/llm/v1/files…', '/llm/v1/batches…', '/llm/v1/assistants…'],
      path: /\/llm\/v1\/(?:files|batches|assistants)(?:\/.*)?$/is,
      formats: [resources],
    },
    {
      names: ['/audio/v1/audio/speech'],
      path: /\/audio\/v1\/audio\/speech$/i,
      formats: [resources],
      answers: 'media',
    },
    {
      names: ['/audio/v1/audio/transcriptions', '/audio/v1/audio/translations'],
      path: /\/audio\/v1\/audio\/(?:transcriptions|translations)$/i,
      formats: [transcriptions],
      answers: 'file',
    },
    {
      names: ['/realtime/v1/realtime'],
      path: /\/realtime\/v1\/realtime$/i,
      formats: [],
      refused: { why: 'around_kong', instead: '/llm/v1/chat' },
    },
  ],

  // Any value but `false` is a yes to ai-proxy, `null` and 0 included.
  streamRequest: { mayAsk: ({ stream }) => stream !== undefined && stream !== false },
  refusals: REFUSALS,
  streamEnds: STREAM_ENDS,
};

/**
 * OpenAI, and every server that speaks like it.
 *
 * @see https://platform.openai.com/docs/api-reference
 */
import { hasStreamFlag, type Provider } from '../provider.ts';
import { SERVERS } from '../servers/index.ts';
import { chatCompletions } from './chat-completions.ts';
import { completions } from './completions.ts';
import { embeddings } from './embeddings.ts';
import { ENDPOINTS } from './endpoints.ts';
import { REFUSALS } from './refusal.ts';
import { responses } from './responses.ts';
import { STREAM_ENDS } from './stream-end.ts';

export const openai: Provider<'openai'> = {
  name: 'openai',
  displayName: 'OpenAI',

  apiUris: {
    '/v1/chat/completions': [chatCompletions],
    '/v1/completions': [completions],
    '/v1/responses': [responses],
    '/v1/embeddings': [embeddings],
  },

  endpoints: ENDPOINTS,
  servers: SERVERS,

  // A tool's call would come without sound.
  mediaRequest: {
    asks: ({ modalities, tools }) =>
      Array.isArray(modalities) && modalities.includes('audio') && tools === undefined,
  },

  streamRequest: { path: /\/generate_stream$/i, asks: hasStreamFlag },
  refusals: REFUSALS,
  streamEnds: STREAM_ENDS,
};

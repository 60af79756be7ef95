/**
 * OpenAI, and every server that speaks like it.
 *
 * @see https://platform.openai.com/docs/api-reference
 */
import { hasStreamFlag, type Provider } from '../provider.ts';
import { chatCompletions } from './chat-completions.ts';
import { completions } from './completions.ts';
import { embeddings } from './embeddings.ts';
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

  endpoints: [
    { path: /\/chat\/completions$/i, formats: [chatCompletions] },
    { path: /(?<!\/chat)\/completions$/i, formats: [completions] },
    { path: /\/responses(?:\/compact|\/input_tokens)?$/i, formats: [responses] },
    { path: /\/embeddings$/i, formats: [embeddings] },
  ],

  // Pictures, sound, flags, and objects that are kept on the server. With what stands before them in the APIs' own paths: a
  // route can be called `/threads` and serve something else.
  unreadAnswers: [
    /\/(?:v1|openai)\/(?:images\/(?:generations|edits|variations)|audio\/speech|moderations)$/i,
    /\/openai\/deployments\/[^/]+\/(?:images\/(?:generations|edits)|audio\/speech)$/i,
    /\/(?:v1|openai)\/(?:assistants|threads)$/i,
    /\/(?:v1|openai)\/threads\/(?:[^/]+\/)?runs$/i,
    /\/(?:v1|openai)\/threads\/[^/]+\/runs\/[^/]+\/submit_tool_outputs$/i,
    /\/(?:v1|openai)\/(?:batches|fine_tuning\/jobs|vector_stores|conversations|videos)$/i,
  ],

  // A tool's call would come without sound.
  mediaRequest: {
    asks: ({ modalities, tools }) =>
      Array.isArray(modalities) && modalities.includes('audio') && tools === undefined,
  },

  streamRequest: { asks: hasStreamFlag },
  refusals: REFUSALS,
  streamEnds: STREAM_ENDS,
};

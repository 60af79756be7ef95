/**
 * Anthropic, at home and on Vertex.
 *
 * @see https://docs.anthropic.com/en/api/overview
 */
import { hasStreamFlag, type Provider } from '../provider.ts';
import { messageBatches } from './batches.ts';
import { complete } from './complete.ts';
import { messages } from './messages.ts';
import { REFUSALS } from './refusal.ts';
import { STREAM_ENDS } from './stream-end.ts';

export const anthropic: Provider<'anthropic'> = {
  name: 'anthropic',
  displayName: 'Anthropic',

  apiUris: {
    '/v1/messages': [messages],
    '/v1/complete': [complete],
  },
  otherFormats: [messageBatches],

  endpoints: [
    { path: /\/v1\/messages(?:\/count_tokens)?$/i, formats: [messages] },
    {
      path: /\/publishers\/anthropic\/models\/[^/]+(?::|%3A)(?:streamRawPredict|rawPredict)$/i,
      formats: [messages],
    },
    { path: /\/v1\/messages\/batches(?:\/[^/]+(?:\/results)?)?$/i, formats: [messageBatches] },
    { path: /\/v1\/complete$/i, formats: [complete] },
  ],

  streamRequest: { asks: hasStreamFlag },
  refusals: REFUSALS,
  streamEnds: STREAM_ENDS,
};

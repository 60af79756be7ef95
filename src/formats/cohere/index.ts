/**
 * Cohere.
 *
 * @see https://docs.cohere.com/reference/about
 */
import { hasStreamFlag, type Provider } from '../provider.ts';
import { generate } from './generate.ts';
import { REFUSALS } from './refusal.ts';
import { STREAM_ENDS } from './stream-end.ts';
import { chatV1 } from './v1-chat.ts';
import { chatV2 } from './v2-chat.ts';

export const cohere: Provider<'cohere'> = {
  name: 'cohere',
  displayName: 'Cohere',

  apiUris: {
    '/v2/chat': [chatV2],
    '/v1/chat': [chatV1],
    '/v1/generate': [generate],
  },

  endpoints: [
    { path: /\/v2\/chat$/i, formats: [chatV2] },
    { path: /\/v1\/chat$/i, formats: [chatV1] },
    { path: /\/v1\/generate$/i, formats: [generate] },
  ],

  unreadAnswers: [/\/v1\/(?:tokenize|classify)$/i],

  streamRequest: { asks: hasStreamFlag },
  refusals: REFUSALS,
  streamEnds: STREAM_ENDS,
};

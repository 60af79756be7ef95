/**
 * Cohere.
 *
 * @see https://docs.cohere.com/reference/about
 */
import { hasStreamFlag, type Provider } from '../provider.ts';
import { generate } from './generate.ts';
import { REFUSALS } from './refusal.ts';
import { resources } from './resources.ts';
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
    { names: ['/v2/chat'], path: /\/v2\/chat$/i, formats: [chatV2] },
    { names: ['/v1/chat'], path: /\/v1\/chat$/i, formats: [chatV1] },
    { names: ['/v1/generate'], path: /(?<!\/inference)\/v1\/generate$/i, formats: [generate] },
    {
      names: [
        '/v1/embed',
        '/v2/embed',
        '/v1/rerank',
        '/v2/rerank',
        '/v1/classify',
        '/v1/summarize',
        '/v1/tokenize',
        '/v1/detokenize',
        '/v2/parse',
      ],
      path: /\/v[12]\/(?:embed|rerank|classify|summarize|tokenize|detokenize|parse)$/i,
      formats: [resources],
    },
    {
      names: [
        '/v1/models…',
        '/v1/datasets…',
        '/v1/embed-jobs…',
        '/v1/connectors…',
        '/v1/finetuning…',
        '/v2/batches…',
        '/v1/check-api-key',
      ],
      path: /\/(?:v1\/(?:models|datasets|embed-jobs|connectors|finetuning|batches|check-api-key)|v2\/batches)(?:[/:].*)?$/is,
      formats: [resources],
    },
    {
      names: ['/v2/audio/transcriptions'],
      path: /\/v2\/audio\/transcriptions$/i,
      formats: [resources],
      answers: 'file',
    },
  ],

  streamRequest: { asks: hasStreamFlag },
  refusals: REFUSALS,
  streamEnds: STREAM_ENDS,
};

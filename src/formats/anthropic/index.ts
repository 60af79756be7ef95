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
import { resources } from './resources.ts';
import { sessions } from './sessions.ts';
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
    {
      names: ['/v1/messages', '/v1/messages/count_tokens'],
      path: /\/v1\/messages(?:\/count_tokens)?$/i,
      formats: [messages],
    },
    {
      names: [
        '/publishers/anthropic/models/{model}:rawPredict',
        '/publishers/anthropic/models/{model}:streamRawPredict',
      ],
      path: /\/publishers\/anthropic\/models\/[^/]+(?::|%3A)(?:streamRawPredict|rawPredict)$/i,
      formats: [messages],
    },
    {
      names: ['/v1/messages/batches', '/v1/messages/batches/{id}', '/v1/messages/batches/{id}/results'],
      path: /\/v1\/messages\/batches(?:\/[^/]+(?:\/results)?)?$/i,
      // One that is deleted says no more than that.
      formats: [messageBatches, resources],
    },
    {
      // Its request has no body, so nothing may ask for a prompt.
      names: ['/v1/messages/batches/{id}/cancel'],
      path: /\/v1\/messages\/batches\/[^/]+\/cancel$/i,
      formats: [resources],
    },
    { names: ['/v1/complete'], path: /\/v1\/complete$/i, formats: [complete] },
    {
      names: [
        '/v1/models…',
        '/v1/files…',
        '/v1/skills…',
        '/v1/user_profiles…',
        '/v1/vaults…',
        '/v1/memory_stores…',
        '/v1/organizations…',
      ],
      path: /\/v1\/(?:models|files|skills|user_profiles|vaults|memory_stores|organizations?)(?:\/.*)?$/is,
      formats: [resources],
    },
    {
      names: ['/v1/files/{id}/content'],
      path: /\/v1\/(?:files\/[^/]+|skills\/[^/]+(?:\/versions\/[^/]+)?)\/content$/i,
      formats: [resources],
      answers: 'file',
    },
    {
      names: [
        '/v1/agents…',
        '/v1/sessions…',
        '/v1/environments…',
        '/v1/deployments…',
        '/v1/deployment_runs…',
        '/v1/dreams…',
      ],
      path: /\/v1\/(?:(?:agents|sessions|deployments|deployment_runs|dreams)(?:\/.*)?|environments(?:\/[^/]+(?:\/archive)?)?)$/is,
      formats: [sessions],
    },
    // Workers get keys with which they take part in sessions; tunnels carry what agents say to servers.
    {
      names: ['/v1/environments/{id}/work…', '/v1/tunnels…'],
      // The path of the Kong service may be the first of it, as below.
      path: /\/(?:environments\/[^/]+\/work(?:\/.*)?|v1\/tunnels(?:\/.*)?|tunnels\/[^/]+\/\w+_token)$/is,
      formats: [sessions],
      refused: { why: 'around_kong', instead: '/v1/sessions' },
    },
    {
      // Gives a workload a token of the API for one of its own.
      names: ['/v1/oauth/token'],
      path: /\/oauth\/token$/i,
      formats: [resources],
      refused: { why: 'around_kong', instead: '/v1/messages' },
    },
  ],

  streamRequest: { asks: hasStreamFlag },
  refusals: REFUSALS,
  streamEnds: STREAM_ENDS,
};

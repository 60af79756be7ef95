/**
 * Amazon Bedrock: Converse, and InvokeModel with every family's own bodies.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html
 */
import { complete } from '../anthropic/complete.ts';
import { messages } from '../anthropic/messages.ts';
import { generate } from '../cohere/generate.ts';
import { chatV1 } from '../cohere/v1-chat.ts';
import { chatCompletions } from '../openai/chat-completions.ts';
import { completions } from '../openai/completions.ts';
import type { Provider } from '../provider.ts';
import { agents } from './agents.ts';
import { converse } from './converse.ts';
import { invokeModel } from './invoke.ts';
import { isStoredPrompt } from './names.ts';
import { refusalsOfBedrock } from './refusal.ts';
import { resources } from './resources.ts';
import { BINARY_STREAM_END } from './stream-end.ts';
import { tasks } from './tasks.ts';
import { textModels } from './text-models.ts';

const invoke = invokeModel([
  { format: converse },
  { format: tasks },
  { format: messages, isRequest: (body) => 'anthropic_version' in body },
  { format: chatV1 },
  { format: textModels },
  { format: chatCompletions },
  { format: messages },
  { format: complete },
  { format: generate },
  { format: completions },
]);

export const bedrock: Provider<'bedrock'> = {
  name: 'bedrock',
  displayName: 'AWS Bedrock',

  apiUris: {
    converse: [converse],
    'converse-stream': [converse],
    invoke: [invoke],
    'invoke-with-response-stream': [invoke],
  },

  endpoints: [
    {
      names: ['/model/{id}/converse', '/model/{id}/converse-stream'],
      path: /\/model\/[^/]+(?:\/[^/]+)?\/converse(?:-stream)?$/i,
      formats: [converse],
    },
    {
      names: ['/model/{id}/invoke', '/model/{id}/invoke-with-response-stream'],
      path: /\/model\/[^/]+(?:\/[^/]+)?\/invoke(?:-with-response-stream)?$/i,
      formats: [invoke],
    },
    {
      names: [
        '/model/{id}/count-tokens',
        '/guardrail/{id}/version/{version}/apply',
        '/guardrail-checks/invoke',
        '/rerank',
      ],
      path: /\/(?:model\/[^/]+(?:\/[^/]+)?\/count-tokens|guardrail\/[^/]+\/version\/[^/]+\/apply|guardrail-checks\/invoke|rerank)$/i,
      formats: [resources],
    },
    {
      names: ['/async-invoke…', '/model-invocation-job…', '/model-invocation-jobs'],
      path: /\/(?:async-invoke|model-invocation-jobs?)(?:\/.*)?$/is,
      formats: [resources],
    },
    {
      names: ['/knowledgebases/{id}/retrieve', '/retrieveAndGenerate'],
      path: /\/(?:knowledgebases\/[^/]+\/retrieve|retrieveAndGenerate)$/i,
      formats: [resources],
    },
    {
      names: [
        ...['/agents/{id}/agentAliases/{id}/sessions/{id}/text', '/agents/{id}', '/flows…'],
        ...['/retrieveAndGenerateStream', '/agenticRetrieveStream', '/optimize-prompt'],
      ],
      // Anthropic has agents and sessions, too.
      path: /(?<!\/v1)\/(?:agents\/[^/]+(?:\/agentAliases\/.*)?|retrieveAndGenerateStream|agenticRetrieveStream|optimize-prompt|flows\/.+)$/is,
      formats: [agents],
    },
    {
      names: ['/generateQuery', '/sessions…', '/knowledgebases/{id}/datasources/{id}/documents/{id}/content'],
      path: /(?<!\/v1)\/(?:generateQuery|(?<!\/(?:realtime|realtimeapi|chatkit)\/)sessions(?:\/.*)?|knowledgebases\/[^/]+\/datasources\/.+|tags\/.+)$/is,
      formats: [resources],
    },
    {
      names: ['/model/{id}/invoke-with-bidirectional-stream'],
      path: /\/invoke-with-bidirectional-stream$/i,
      formats: [resources],
      refused: { why: 'unread_answer', instead: '/model/{id}/converse-stream' },
    },
  ],
  modelInPath: /\/model\/([^/]+(?:\/[^/]+)?)\/(?:converse|invoke|count-tokens)/gi,
  isStoredPrompt,

  streamRequest: { path: /\/(?:converse-stream|invoke-with-response-stream)$/i },
  mediaRequest: {
    path: /\/model\/(?:[a-z-]+\.)?(?:amazon\.(?:titan-image-generator|nova-canvas)|stability\.)[^/]*\/invoke$/i,
  },
  refusals: refusalsOfBedrock(invoke),
  binaryStreamEnd: BINARY_STREAM_END,
};

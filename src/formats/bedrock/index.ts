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
    // What agents and knowledge bases are made of.
    {
      names: ['/agents', '/agents/{id}/agentaliases…', '/agents/{id}/agentversions…'],
      path: /(?<!\/v\d)\/agents(?:\/[^/]+\/(?:agentaliases|agentversions)(?:\/.*)?)?$/is,
      formats: [resources],
    },
    {
      names: [
        '/prompts…',
        '/flows',
        '/knowledgebases',
        '/knowledgebases/{id}',
        '/knowledgebases/{id}/datasources',
      ],
      path: /(?<!\/v\d)\/(?:prompts(?:\/[^/]+(?:\/versions)?)?|flows|knowledgebases(?:\/[^/]+(?:\/datasources)?)?)$/i,
      formats: [resources],
    },
    // AgentCore: agents that somebody else wrote, what they remember, and what their code prints.
    {
      names: ['/harnesses/invoke'],
      path: /\/harnesses\/invoke$/i,
      formats: [converse],
    },
    {
      names: ['/code-interpreters/{id}/tools/invoke', '/runtimes/{id}/commands'],
      path: /\/(?:code-interpreters\/[^/]+\/tools\/invoke|runtimes\/[^/]+\/commands)$/i,
      formats: [agents],
    },
    {
      names: ['/memories/{id}/…', '/evaluations/…', '/recommendations…', '/registry-records/search'],
      path: /(?<!\/v\d)\/(?:memories(?:\/[^/]+){2,6}|evaluations(?:\/[^/]+){1,3}|recommendations(?:\/[^/]+)?|registry-records\/search)$/i,
      formats: [resources],
    },
    // What an account has of models, guardrails and jobs.
    {
      names: [
        ...[
          '/guardrails…',
          '/automated-reasoning-policies…',
          '/evaluation-jobs…',
          '/evaluation-job/{id}/stop',
        ],
        ...['/advanced-prompt-optimization-jobs…', '/prompt-routers…', '/enforcedGuardrailsConfiguration…'],
      ],
      path: /(?<!\/v\d)\/(?:guardrails|automated-reasoning-policies|evaluation-jobs?|advanced-prompt-optimization-jobs?|prompt-routers|enforcedGuardrailsConfiguration)(?:\/[^/]+){0,6}$/i,
      formats: [resources],
    },
    {
      names: [
        ...[
          '/custom-models…',
          '/imported-models…',
          '/foundation-models…',
          '/foundation-model-availability/{id}',
        ],
        ...[
          '/inference-profiles…',
          '/model-customization-jobs…',
          '/model-customization/…',
          '/model-copy-jobs…',
        ],
        ...['/model-import-jobs…', '/provisioned-model-throughput…', '/marketplace-model/endpoints…'],
      ],
      path: /(?<!\/v\d)\/(?:custom-models|imported-models|foundation-models?|foundation-model-availability|inference-profiles|model-customization(?:-jobs)?|model-copy-jobs|model-import-jobs|provisioned-model-throughputs?|marketplace-model\/endpoints)(?:\/[^/]+){0,3}$/i,
      formats: [resources],
    },
    {
      names: [
        ...[
          '/logging/modelinvocations',
          '/use-case-for-model-access',
          '/data-retention',
          '/resource-policy…',
        ],
        ...['/resourcepolicy/{id}', '/tagResource', '/untagResource', '/listTagsForResource'],
        ...['/create-foundation-model-agreement', '/delete-foundation-model-agreement'],
        '/list-foundation-model-agreement-offers/{id}',
      ],
      path: /\/(?:logging\/modelinvocations|use-case-for-model-access|data-retention|resource-?policy(?:\/[^/]+)?|(?:un)?tagResource|listTagsForResource|(?:create|delete)-foundation-model-agreement|list-foundation-model-agreement-offers\/[^/]+)$/i,
      formats: [resources],
    },
    {
      names: ['/model/{id}/invoke-with-bidirectional-stream'],
      path: /\/invoke-with-bidirectional-stream$/i,
      formats: [resources],
      refused: { why: 'unread_prompt', instead: '/model/{id}/converse-stream' },
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

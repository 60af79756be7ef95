/**
 * Google: Gemini and Vertex.
 *
 * @see https://ai.google.dev/api
 * @see https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest
 */
import { chatCompletions } from '../openai/chat-completions.ts';
import { completions } from '../openai/completions.ts';
import { resources as openAiResources } from '../openai/resources.ts';
import type { Provider } from '../provider.ts';
import { countTokens } from './count-tokens.ts';
import { embedContent } from './embed-content.ts';
import { generateContent } from './generate-content.ts';
import { mediaRequest } from './media-request.ts';
import { predict } from './predict.ts';
import { REFUSALS } from './refusal.ts';
import { resources } from './resources.ts';
import { STREAM_ENDS } from './stream-end.ts';

export const gemini: Provider<'gemini'> = {
  name: 'gemini',
  displayName: 'Google Gemini',

  apiUris: {
    generateContent: [generateContent],
    streamGenerateContent: [generateContent],
    // What CrowdStrike's Lua plugins call it.
    '/v1/models': [generateContent],
  },
  otherFormats: [embedContent, countTokens, predict],

  endpoints: [
    {
      names: ['{model}:generateContent', '{model}:streamGenerateContent'],
      path: /(?::|%3A)(?:generate|streamGenerate)Content$/i,
      formats: [generateContent],
    },
    {
      names: ['{model}:embedContent', '{model}:batchEmbedContents'],
      path: /(?::|%3A)(?:embedContent|batchEmbedContents)$/i,
      formats: [embedContent],
    },
    { names: ['{model}:countTokens'], path: /(?::|%3A)countTokens$/i, formats: [countTokens] },
    { names: ['{model}:predict'], path: /(?::|%3A)predict$/i, formats: [predict] },
    {
      names: ['{model}:predictLongRunning', '{model}:fetchPredictOperation'],
      path: /(?::|%3A)(?:predictLongRunning|fetchPredictOperation)$/i,
      formats: [predict, resources],
    },
    {
      names: [
        '{model}:batchGenerateContent',
        '{model}:asyncBatchEmbedContent',
        '{model}:computeTokens',
        ':importFile',
        ':register',
        ':validateReinforcementTuningReward',
      ],
      path: /(?::|%3A)(?:batchGenerateContent|asyncBatchEmbedContent|computeTokens|importFile|register|validateReinforcementTuningReward)$/i,
      formats: [resources],
    },
    {
      names: ['/v1beta/cachedContents…'],
      path: /\/cachedContents(?:\/[^/]+)?$/i,
      formats: [generateContent, resources],
    },
    {
      names: [
        '/v1beta/models…',
        '/v1beta/files…',
        '/v1beta/batches…',
        '/v1beta/tunedModels…',
        '/v1beta/operations…',
      ],
      path: /\/(?:v1|v1beta\d?|v1alpha)\/(?:[^/]+\/){0,8}(?:models|files|batches|tunedModels|operations)(?:\/[^/:]*){0,8}(?::cancel)?$/i,
      formats: [resources],
    },
    {
      names: [
        '/v1beta/fileSearchStores…',
        '/v1beta/corpora…',
        '/v1beta/interactions…',
        'batchPredictionJobs…',
        'tuningJobs…',
      ],
      path: /\/(?:v1|v1beta\d?|v1alpha)\/(?:[^/]+\/){0,8}(?:fileSearchStores|corpora|interactions|batchPredictionJobs|tuningJobs)(?:\/[^/:]*){0,8}(?::cancel)?$/i,
      formats: [resources],
    },
    {
      // OpenAI and Anthropic have agents and environments in version 1.
      names: [
        ...['/v1beta/agents…', '/v1beta/environments…', '/v1beta/triggers…', '/v1beta/voices…'],
        '/v1beta/credentials…',
      ],
      path: /\/(?:(?:v1beta\d?|v1alpha)\/(?:agents|environments)|(?:v1|v1beta\d?|v1alpha)\/(?:triggers|voices|credentials))(?:\/.*)?$/is,
      formats: [resources],
    },
    {
      names: [
        ...['/v1beta/corpora/{id}:query', '{model}:generateText', '{model}:generateMessage'],
        ...['{model}:generateAnswer', '{model}:embedText', '/v1beta/webhooks…'],
      ],
      path: /\/(?:v1|v1beta\d?|v1alpha)\/(?:(?:models|tunedModels|corpora)(?:\/[^/:]*){1,8}:(?!generateContent$|stream|embedContent$|countTokens$|predict)\w+|webhooks(?:\/.*)?)$/is,
      formats: [resources],
    },
    {
      // What Vertex has under a project and a place, beside its models: agents, stores, evaluations.
      names: ['/v1/projects/{id}/locations/{id}/…', '{agent}:query'],
      path: /^(?!.*(?::|%3A)(?:stream|serverStreaming|rawPredict))(?!.*\/publishers\/).*?\/(?:v1|v1beta\d?)\/projects\/[^/]+\/locations\/.+$/is,
      formats: [resources],
    },
    {
      // Where a key of the API names the project.
      names: ['/v1beta1/reasoningEngines…', '/v1beta1/datasets…', '/v1beta1:evaluateInstances'],
      path: /\/v1(?:beta1)?(?:\/(?:reasoningEngines|datasets)(?:\/[^/]+){0,6}|(?::|%3A)(?:evaluateInstances|evaluateDataset|generateInstanceRubrics)|\/projects\/[^/]+\/modelGardenEula(?::|%3A)\w+)$/i,
      formats: [resources],
    },
    {
      names: [
        '/publishers/{id}/models/{model}:export',
        '/publishers/{id}/models/{model}:fetchPublisherModelConfig',
        '/publishers/{id}/models/{model}:setPublisherModelConfig',
      ],
      path: /\/publishers\/[^/]+\/models\/[^/]+(?::|%3A)(?:export|(?:fetch|set)PublisherModelConfig)$/i,
      formats: [resources],
    },
    {
      names: ['{entity}:streamingReadFeatureValues', '{view}:streamingFetchFeatureValues'],
      path: /(?::|%3A)streaming(?:Read|Fetch)FeatureValues$/i,
      formats: [resources],
      refused: { why: 'unread_answer', instead: '{model}:predict' },
    },
    {
      names: ['{agent}:streamQuery'],
      path: /\/reasoningEngines\/[^/]+(?:\/runtimeRevisions\/[^/]+)?(?::|%3A)streamQuery$/i,
      formats: [resources],
      refused: { why: 'unread_answer', instead: '{agent}:query' },
    },
    {
      names: ['{endpoint}:serverStreamingPredict'],
      path: /(?::|%3A)serverStreamingPredict$/i,
      formats: [resources],
      refused: { why: 'unread_answer', instead: '{model}:predict' },
    },
    {
      names: [
        '/publishers/{id}/models/{model}:rawPredict',
        '/publishers/{id}/models/{model}:streamRawPredict',
      ],
      path: /\/(?:publishers\/(?!anthropic\/)[^/]+\/models|endpoints)\/[^/]+(?::|%3A)(?:streamR|r)awPredict$/i,
      formats: [chatCompletions, completions, openAiResources],
    },
    {
      names: ['/ws/…BidiGenerateContent'],
      path: /\.(?:GenerativeService\.|v\d[a-z\d]*\.LlmBidiService\/)BidiGenerateContent(?:Constrained)?$/i,
      formats: [],
      refused: { why: 'around_kong', instead: '{model}:streamGenerateContent' },
    },
    {
      names: ['/v1beta/files/{id}:download', '/v1beta/environments/{id}/files/{path}'],
      path: /\/(?:(?:v1|v1beta\d?|v1alpha)\/files\/[^/]+(?::|%3A)download|(?:v1beta\d?|v1alpha)\/environments\/[^/]+\/files\/[^/:]+(?:\/[^/:]+){0,8})$/i,
      formats: [resources],
      answers: 'file',
    },
    {
      names: ['/upload/v1beta/…'],
      path: /\/upload\/(?:v1|v1beta\d?|v1alpha)\/.*$/is,
      formats: [resources],
    },
    {
      names: ['/v1beta/auth_tokens'],
      path: /\/auth_tokens(?:\/.*)?$/is,
      formats: [resources],
      refused: { why: 'around_kong', instead: '{model}:streamGenerateContent' },
    },
  ],
  modelInPath: /\/(?:models|tunedModels)\/([^/:]+)(?=[/:])/gi,

  // Not in the body: `:streamGenerateContent`, and `:streamRawPredict` for others' models.
  streamRequest: { path: /(?::|%3A)stream\w+$/i },
  mediaRequest,
  refusals: REFUSALS,
  streamEnds: STREAM_ENDS,
};

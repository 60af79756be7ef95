/**
 * Google: Gemini and Vertex.
 *
 * @see https://ai.google.dev/api
 * @see https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest
 */
import type { Provider } from '../provider.ts';
import { countTokens } from './count-tokens.ts';
import { embedContent } from './embed-content.ts';
import { generateContent } from './generate-content.ts';
import { mediaRequest } from './media-request.ts';
import { predict } from './predict.ts';
import { REFUSALS } from './refusal.ts';
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
    { path: /(?::|%3A)(?:generate|streamGenerate)Content$/i, formats: [generateContent] },
    { path: /(?::|%3A)(?:embedContent|(?:async)?batchEmbedContents)$/i, formats: [embedContent] },
    { path: /(?::|%3A)countTokens$/i, formats: [countTokens] },
    { path: /(?::|%3A)predict$/i, formats: [predict] },
  ],
  // Videos, which are made for minutes: the answer names the operation.
  unreadAnswers: [/\/models\/[^/]+(?::|%3A)predictLongRunning$/i],
  modelInPath: /\/(?:models|tunedModels)\/([^/:]+)(?=[/:])/,

  // Not in the body: `:streamGenerateContent`, and `:streamRawPredict` for others' models.
  streamRequest: { path: /(?::|%3A)stream\w+$/i },
  mediaRequest,
  refusals: REFUSALS,
  streamEnds: STREAM_ENDS,
};

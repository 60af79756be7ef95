/**
 * What of Gemini's and Vertex's bodies is no text: fields in both spellings, words of closed lists, ids, times and counts.
 *
 * @see https://ai.google.dev/api/generate-content
 * @see https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference
 */
import type { Shapes } from '../format.ts';
import { message } from '../proto-json.ts';
import {
  all,
  count,
  either,
  type Fields,
  known,
  mapOf,
  matching,
  mediaType,
  modelName,
  object,
  oneOf,
  type Shape,
  sealed,
  time,
} from '../shape.ts';
import { GENERATION_CONFIG } from './config-shapes.ts';
import { CONTENT } from './content-shapes.ts';
import { attributionsOf, CITATIONS, GROUNDING, URL_CONTEXT } from './grounding-shapes.ts';
import { PREDICT_REQUEST, PREDICT_RESPONSE } from './predict-shapes.ts';
import { TOOL, TOOL_CONFIG } from './tool-shapes.ts';

const category = oneOf(
  ...['HARM_CATEGORY_UNSPECIFIED', 'HARM_CATEGORY_HARASSMENT', 'HARM_CATEGORY_HATE_SPEECH'],
  ...['HARM_CATEGORY_SEXUALLY_EXPLICIT', 'HARM_CATEGORY_DANGEROUS_CONTENT', 'HARM_CATEGORY_CIVIC_INTEGRITY'],
  ...['HARM_CATEGORY_JAILBREAK', 'HARM_CATEGORY_IMAGE_HATE', 'HARM_CATEGORY_IMAGE_DANGEROUS_CONTENT'],
  ...['HARM_CATEGORY_IMAGE_HARASSMENT', 'HARM_CATEGORY_IMAGE_SEXUALLY_EXPLICIT'],
  // Of PaLM, which some answers still have.
  ...['HARM_CATEGORY_DEROGATORY', 'HARM_CATEGORY_TOXICITY', 'HARM_CATEGORY_VIOLENCE', 'HARM_CATEGORY_SEXUAL'],
  ...['HARM_CATEGORY_MEDICAL', 'HARM_CATEGORY_DANGEROUS'],
);

const threshold = oneOf(
  ...['HARM_BLOCK_THRESHOLD_UNSPECIFIED', 'BLOCK_LOW_AND_ABOVE', 'BLOCK_MEDIUM_AND_ABOVE', 'BLOCK_ONLY_HIGH'],
  ...['BLOCK_NONE', 'OFF'],
);

const safetyRating = message({
  category,
  probability: oneOf('HARM_PROBABILITY_UNSPECIFIED', 'NEGLIGIBLE', 'LOW', 'MEDIUM', 'HIGH'),
  severity: oneOf(
    ...['HARM_SEVERITY_UNSPECIFIED', 'HARM_SEVERITY_NEGLIGIBLE', 'HARM_SEVERITY_LOW'],
    ...['HARM_SEVERITY_MEDIUM', 'HARM_SEVERITY_HIGH'],
  ),
  overwrittenThreshold: threshold,
  ...all('blocked probabilityScore severityScore', known),
});

/** `cachedContents/` and what is drawn at random; in Vertex it stands below the caller's own project. */
const cachedContent = matching(/^cachedContents\/(?=[0-9]*[a-z])(?=[a-z]*[0-9])[0-9a-z]{12,44}$/);

const SERVICE_TIERS = ['unspecified', 'flex', 'standard', 'priority'];

const serviceTier = oneOf(...SERVICE_TIERS, ...SERVICE_TIERS.map((tier) => tier.toUpperCase()));

const PROMPT: Fields = {
  ...all('systemInstruction contents', CONTENT),
  tools: TOOL,
  toolConfig: TOOL_CONFIG,
  generationConfig: GENERATION_CONFIG,
  safetySettings: message({
    category,
    threshold,
    method: oneOf('HARM_BLOCK_METHOD_UNSPECIFIED', 'SEVERITY', 'PROBABILITY'),
  }),
  cachedContent,
  model: modelName,
  labels: mapOf(known),
  serviceTier,
  store: known,
  modelArmorConfig: message(all('promptTemplateName responseTemplateName', known)),
};

const modality = oneOf('MODALITY_UNSPECIFIED', 'TEXT', 'IMAGE', 'VIDEO', 'AUDIO', 'DOCUMENT');

const tokenCounts = message({ modality, tokenCount: count });

const usage = message({
  ...all(
    'promptTokenCount candidatesTokenCount responseTokenCount totalTokenCount thoughtsTokenCount',
    count,
  ),
  ...all('cachedContentTokenCount toolUsePromptTokenCount initialPromptTokenCount', count),
  ...all('promptTokensDetails candidatesTokensDetails responseTokensDetails', tokenCounts),
  ...all('cacheTokensDetails toolUsePromptTokensDetails', tokenCounts),
  trafficType: oneOf(
    ...['TRAFFIC_TYPE_UNSPECIFIED', 'ON_DEMAND', 'ON_DEMAND_PRIORITY', 'ON_DEMAND_FLEX', 'ON_DEMAND_OFFPEAK'],
    'PROVISIONED_THROUGHPUT',
  ),
  serviceTier,
});

const finishReason = oneOf(
  ...[
    'FINISH_REASON_UNSPECIFIED',
    'STOP',
    'MAX_TOKENS',
    'SAFETY',
    'RECITATION',
    'LANGUAGE',
    'OTHER',
    'BLOCKLIST',
  ],
  ...['PROHIBITED_CONTENT', 'SPII', 'MALFORMED_FUNCTION_CALL', 'MODEL_ARMOR', 'IMAGE_SAFETY', 'IMAGE_OTHER'],
  ...[
    'IMAGE_PROHIBITED_CONTENT',
    'IMAGE_RECITATION',
    'NO_IMAGE',
    'UNEXPECTED_TOOL_CALL',
    'TOO_MANY_TOOL_CALLS',
  ],
  ...['MISSING_THOUGHT_SIGNATURE', 'MALFORMED_RESPONSE', 'CONTINUATION'],
);

/** The tokens are read as parts of the text that they spell; those that were not chosen are text. */
const logprobs = message({ token: known, tokenId: count, logProbability: count });

const candidate = message({
  content: CONTENT,
  ...all('index tokenCount avgLogprobs', count),
  finishReason,
  finishMessage: known,
  safetyRatings: safetyRating,
  groundingMetadata: GROUNDING,
  groundingAttributions: attributionsOf(CONTENT),
  citationMetadata: CITATIONS,
  urlContextMetadata: URL_CONTEXT,
  logprobsResult: message({
    chosenCandidates: logprobs,
    topCandidates: message({ candidates: logprobs }),
    logProbabilitySum: count,
  }),
  continuationToken: sealed,
});

/**
 * base64 of bytes that begin with the time, in seconds, from its lowest byte on: so the fifth letter is one of few until
 * 2037. All ids of these years have the letters `P`, and `A` or `Q`, in their places too.
 */
const responseId = matching(/^(?=.{0,22}[a-z])(?=.{0,22}[A-Z])[\w-]{4}[YZa-f][\w-]{10}P[\w-]{5}[AQ][\w-]$/);

/** @see https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto */
const failureStatus = oneOf(
  ...['CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND', 'ALREADY_EXISTS'],
  ...['PERMISSION_DENIED', 'UNAUTHENTICATED', 'RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION', 'ABORTED'],
  ...['OUT_OF_RANGE', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS'],
);

const failure = message({
  ...all('code message', known),
  status: failureStatus,
  details: object({ '@type': matching(/^type\.googleapis\.com\/google\.rpc\.[A-Z][A-Za-z]{1,40}$/) }),
});

const ANSWER: Shape = message({
  candidates: candidate,
  promptFeedback: message({
    blockReason: oneOf(
      ...['BLOCKED_REASON_UNSPECIFIED', 'BLOCK_REASON_UNSPECIFIED', 'SAFETY', 'OTHER', 'BLOCKLIST'],
      ...['PROHIBITED_CONTENT', 'IMAGE_SAFETY', 'MODEL_ARMOR', 'JAILBREAK'],
    ),
    blockReasonMessage: known,
    safetyRatings: safetyRating,
  }),
  usageMetadata: usage,
  modelVersion: modelName,
  responseId,
  createTime: time,
  modelStatus: message({
    modelStage: oneOf(
      ...['MODEL_STAGE_UNSPECIFIED', 'UNSTABLE_EXPERIMENTAL', 'EXPERIMENTAL', 'PREVIEW', 'STABLE', 'LEGACY'],
      ...['DEPRECATED', 'RETIRED'],
    ),
    retirementTime: time,
    message: known,
  }),
  error: failure,
});

export const GENERATE_CONTENT_SHAPES: Shapes = { request: message(PROMPT), response: ANSWER };

export const PREDICT_SHAPES: Shapes = { request: PREDICT_REQUEST, response: PREDICT_RESPONSE };

export const COUNT_TOKENS_SHAPES: Shapes = {
  request: either(message({ ...PROMPT, generateContentRequest: message(PROMPT) }), PREDICT_REQUEST),
  response: message({
    ...all('totalTokens totalBillableCharacters cachedContentTokenCount', count),
    ...all('promptTokensDetails cacheTokensDetails', tokenCounts),
  }),
};

const TASKS = [
  ...[
    'TASK_TYPE_UNSPECIFIED',
    'RETRIEVAL_QUERY',
    'RETRIEVAL_DOCUMENT',
    'SEMANTIC_SIMILARITY',
    'CLASSIFICATION',
  ],
  ...['CLUSTERING', 'QUESTION_ANSWERING', 'FACT_VERIFICATION', 'CODE_RETRIEVAL_QUERY'],
];

const EMBEDDING_SETTINGS: Fields = {
  title: known,
  taskType: oneOf(...TASKS, 'UNSPECIFIED'),
  ...all('outputDimensionality autoTruncate documentOcr audioTrackExtraction', known),
  mimeType: mediaType,
};

const embedding = message({
  values: known,
  statistics: message({ truncated: known, tokenCount: count, tokensDetails: tokenCounts }),
});

const EMBEDDED: Fields = {
  content: CONTENT,
  model: modelName,
  ...EMBEDDING_SETTINGS,
  embedContentConfig: message(EMBEDDING_SETTINGS),
};

export const EMBED_CONTENT_SHAPES: Shapes = {
  request: message({ ...EMBEDDED, requests: message(EMBEDDED) }),
  response: message({
    ...all('embedding embeddings', embedding),
    metadata: message({ billableCharacterCount: count }),
    usageMetadata: usage,
    truncated: known,
  }),
};

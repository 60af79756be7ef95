/**
 * What of Vertex's predict is no text, for the models that Google publishes; every other model has fields of its own, and
 * they are text.
 *
 * @see https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api
 * @see https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/imagen-api
 * @see https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/veo-video-generation
 */

import { message } from '../proto-json.ts';
import {
  all,
  count,
  either,
  known,
  mapOf,
  matching,
  mediaType,
  modelName,
  oneOf,
  type Shape,
} from '../shape.ts';
import { languageCode } from './content-shapes.ts';

const media = message({ mimeType: mediaType, ...all('bytesBase64Encoded gcsUri text', known) });

const TASKS = [
  ...['RETRIEVAL_QUERY', 'RETRIEVAL_DOCUMENT', 'SEMANTIC_SIMILARITY', 'CLASSIFICATION', 'CLUSTERING'],
  ...['QUESTION_ANSWERING', 'FACT_VERIFICATION', 'CODE_RETRIEVAL_QUERY'],
];

const author = oneOf('user', 'bot', 'system', 'assistant', 'model', '0', '1');

const referenceImage = message({
  referenceType: oneOf(
    ...['REFERENCE_TYPE_RAW', 'REFERENCE_TYPE_MASK', 'REFERENCE_TYPE_CONTROL', 'REFERENCE_TYPE_STYLE'],
    ...['REFERENCE_TYPE_SUBJECT', 'asset', 'style'],
  ),
  referenceId: known,
  ...all('referenceImage image', media),
  maskImageConfig: message({
    maskMode: oneOf(
      ...['MASK_MODE_DEFAULT', 'MASK_MODE_USER_PROVIDED', 'MASK_MODE_BACKGROUND', 'MASK_MODE_FOREGROUND'],
      'MASK_MODE_SEMANTIC',
    ),
    dilation: known,
    maskClasses: known,
  }),
  controlImageConfig: message({
    controlType: oneOf(
      'CONTROL_TYPE_DEFAULT',
      'CONTROL_TYPE_CANNY',
      'CONTROL_TYPE_SCRIBBLE',
      'CONTROL_TYPE_FACE_MESH',
    ),
    enableControlImageComputation: known,
  }),
  subjectImageConfig: message({
    subjectDescription: known,
    subjectType: oneOf(
      'SUBJECT_TYPE_DEFAULT',
      'SUBJECT_TYPE_PERSON',
      'SUBJECT_TYPE_ANIMAL',
      'SUBJECT_TYPE_PRODUCT',
    ),
  }),
  styleImageConfig: message({ styleDescription: known }),
});

const instance = message({
  ...all('content title context prompt text prefix suffix', known),
  ...all('taskType task_type', oneOf(...TASKS)),
  messages: message({ author, content: known }),
  examples: message(all('input output', message({ author, content: known }))),
  ...all('image video mask lastFrame', media),
  referenceImages: referenceImage,
});

const person = oneOf('dont_allow', 'allow_adult', 'allow_all', 'allow_none', 'disallow');

const filterLevel = oneOf(
  ...['block_low_and_above', 'block_medium_and_above', 'block_only_high', 'block_none'],
  ...['block_most', 'block_some', 'block_few', 'block_fewest'],
);

const parameters = message({
  ...all('temperature topP topK maxOutputTokens maxDecodeSteps candidateCount stopSequences', known),
  ...all('seed logprobs echo presencePenalty frequencyPenalty logitBias outputDimensionality', known),
  ...all('autoTruncate dimension groundingConfig', known),
  ...all('negativePrompt sampleCount numberOfVideos sampleImageStyle guidanceScale baseSteps', known),
  ...all('addWatermark enhancePrompt includeRaiReason includeSafetyAttributes storageUri', known),
  ...all('generateAudio durationSeconds fps pubsubTopic', known),
  aspectRatio: matching(/^\d{1,2}:\d{1,2}$/),
  sampleImageSize: oneOf('1K', '2K', '4K', '512', '1024', '2048'),
  resolution: oneOf('720p', '1080p', '4k'),
  personGeneration: person,
  ...all('safetySetting safetyFilterLevel', filterLevel),
  language: either(languageCode, oneOf('auto')),
  outputOptions: message({ mimeType: mediaType, compressionQuality: known }),
  editMode: oneOf(
    ...[
      'EDIT_MODE_DEFAULT',
      'EDIT_MODE_INPAINT_REMOVAL',
      'EDIT_MODE_INPAINT_INSERTION',
      'EDIT_MODE_OUTPAINT',
    ],
    ...['EDIT_MODE_CONTROLLED_EDITING', 'EDIT_MODE_STYLE', 'EDIT_MODE_BGSWAP', 'EDIT_MODE_PRODUCT_IMAGE'],
  ),
  editConfig: message({ baseSteps: known }),
  mode: oneOf('upscale'),
  upscaleConfig: message({ upscaleFactor: oneOf('x2', 'x3', 'x4') }),
  compressionQuality: oneOf('optimized', 'lossless'),
});

export const PREDICT_REQUEST: Shape = message({ instances: instance, parameters, labels: mapOf(known) });

const safetyAttributes = message({
  ...all('blocked categories', known),
  ...all('scores errors', count),
  safetyRatings: message(all('category severity probabilityScore severityScore', known)),
});

const citationMetadata = message({
  citations: message({
    ...all('startIndex endIndex', count),
    ...all('url title license publicationDate', known),
  }),
});

const prediction = message({
  ...all('content prompt raiFilteredReason', known),
  candidates: message({ author, content: known }),
  safetyAttributes,
  citationMetadata,
  groundingMetadata: message({ citations: known, searchQueries: known }),
  logprobs: message(all('tokens tokenLogProbs topLogProbs', known)),
  bytesBase64Encoded: known,
  mimeType: mediaType,
  gcsUri: known,
  embeddings: message({
    values: known,
    statistics: message({ truncated: known, tokenCount: count }),
  }),
  ...all('textEmbedding imageEmbedding', known),
  videoEmbeddings: message({ ...all('startOffsetSec endOffsetSec', count), embedding: known }),
});

const characters = message(all('totalTokens totalBillableCharacters', count));

export const PREDICT_RESPONSE: Shape = message({
  predictions: prediction,
  ...all('deployedModelId modelDisplayName modelVersionId', known),
  model: modelName,
  metadata: message({
    billableCharacterCount: count,
    tokenMetadata: message(all('inputTokenCount outputTokenCount', characters)),
  }),
});

/**
 * What is no text in the bodies of the models under InvokeModel that have no file of their own, and what Bedrock adds to
 * every answer.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html
 */
import type { Shapes } from '../format.ts';
import {
  count,
  eachOf,
  either,
  known,
  mapOf,
  matching,
  modelName,
  object,
  oneOf,
  sealed,
  uuid,
} from '../shape.ts';
import { guardrailTrace } from './guardrail-shape.ts';

const truncation = oneOf('NONE', 'START', 'END', 'LEFT', 'RIGHT');

const penalty = object(
  eachOf(
    [
      ...['scale', 'applyToWhitespaces', 'applyToPunctuations', 'applyToNumbers', 'applyToStopwords'],
      'applyToEmojis',
    ],
    known,
  ),
);

const LIMITS = [
  ...['max_gen_len', 'max_tokens', 'maxTokens', 'minTokens', 'max_tokens_to_sample', 'numResults'],
  ...['topKReturn', 'num_generations', 'dimensions', 'logprobs', 'n', 'best_of'],
];

const TUNING = [
  ...['temperature', 'top_p', 'top_k', 'topP', 'p', 'k', 'seed', 'stream', 'echo', 'normalize'],
  ...['presence_penalty', 'frequency_penalty'],
];

const completionReason = oneOf(
  ...['FINISH', 'FINISHED', 'LENGTH', 'STOP_CRITERIA_MET', 'RAG_QUERY_WHEN_RAG_DISABLED'],
  'CONTENT_FILTERED',
);

const stopReason = oneOf('stop', 'length', 'tool_calls');

const tokenized = object({
  text: known,
  tokens: object({
    generatedToken: object(eachOf(['token', 'logprob', 'raw_logprob'], known)),
    topTokens: object(eachOf(['token', 'logprob'], known)),
    textRange: object({ start: count, end: count }),
  }),
});

const TOKEN_COUNTS = [
  ...['inputTextTokenCount', 'totalOutputTextTokenCount', 'prompt_token_count', 'generation_token_count'],
];

export const TEXT_MODELS: Shapes = {
  request: object({
    ...eachOf(['inputText', 'inputImage', 'prompt', 'suffix', 'images', 'user'], known),
    ...eachOf(['stop', 'stop_sequences', 'stopSequences'], known),
    ...eachOf(LIMITS, count),
    ...eachOf(TUNING, known),
    ...eachOf(['countPenalty', 'presencePenalty', 'frequencyPenalty'], penalty),
    textGenerationConfig: object({
      maxTokenCount: count,
      ...eachOf(['temperature', 'topP', 'stopSequences'], known),
    }),
    embeddingConfig: object({ outputEmbeddingLength: count }),
    embeddingTypes: oneOf('float', 'binary'),
    anthropic_version: oneOf('bedrock-2023-05-31'),
    return_likelihoods: oneOf('GENERATION', 'ALL', 'NONE'),
    truncate: truncation,
    logit_bias: mapOf(count),
    model: modelName,
  }),
  response: object({
    ...eachOf(['generation', 'message', 'embedding'], known),
    ...eachOf(TOKEN_COUNTS, count),
    results: object({ tokenCount: count, outputText: known, completionReason }),
    outputs: object({ text: known, stop_reason: stopReason }),
    prompt: tokenized,
    completions: object({
      data: tokenized,
      finishReason: object({
        reason: oneOf('endoftext', 'length', 'stop'),
        length: count,
        sequence: known,
      }),
    }),
    embeddingsByType: object(eachOf(['float', 'binary'], known)),
    stop_reason: stopReason,
    id: uuid,
  }),
  event: object({
    ...eachOf(['outputText', 'generation'], known),
    ...eachOf([...TOKEN_COUNTS, 'index'], count),
    outputs: object({ text: known, stop_reason: stopReason }),
    completionReason,
    stop_reason: stopReason,
  }),
};

const PAINTING = [
  ...['text', 'negativeText', 'image', 'images', 'maskPrompt', 'maskImage', 'conditionImage'],
  ...['referenceImage', 'sourceImage', 'controlStrength', 'similarityStrength', 'style', 'returnMask'],
];

const toggle = oneOf('ON', 'OFF', 'DEFAULT');

const maskShape = oneOf('CONTOUR', 'BOUNDING_BOX', 'DEFAULT');

/** What an image is made of. */
const painting = object({
  ...eachOf(PAINTING, known),
  colors: matching(/^#[0-9A-Fa-f]{6}$/),
  controlMode: oneOf('CANNY_EDGE', 'SEGMENTATION'),
  outPaintingMode: oneOf('DEFAULT', 'PRECISE'),
  maskType: oneOf('IMAGE', 'GARMENT', 'PROMPT'),
  mergeStyle: oneOf('BALANCED', 'SEAMLESS', 'DETAILED'),
  imageBasedMask: object({ maskImage: known }),
  promptBasedMask: object({ maskPrompt: known, maskShape }),
  garmentBasedMask: object({
    maskShape,
    garmentClass: oneOf(
      ...['UPPER_BODY', 'LOWER_BODY', 'FULL_BODY', 'FOOTWEAR', 'LONG_SLEEVE_SHIRT', 'SHORT_SLEEVE_SHIRT'],
      ...['NO_SLEEVE_SHIRT', 'OTHER_UPPER_BODY', 'LONG_PANTS', 'SHORT_PANTS', 'OTHER_LOWER_BODY'],
      ...['LONG_DRESS', 'SHORT_DRESS', 'FULL_BODY_OUTFIT', 'OTHER_FULL_BODY', 'SHOES', 'BOOTS'],
      'OTHER_FOOTWEAR',
    ),
    garmentStyling: object({
      longSleeveStyle: oneOf('SLEEVE_DOWN', 'SLEEVE_UP'),
      tuckingStyle: oneOf('UNTUCKED', 'TUCKED'),
      outerLayerStyle: oneOf('CLOSED', 'OPEN'),
    }),
  }),
  maskExclusions: object(eachOf(['preserveBodyPose', 'preserveHands', 'preserveFace'], toggle)),
});

const PAINTING_PARAMS = [
  ...['textToImageParams', 'imageVariationParams', 'inPaintingParams', 'outPaintingParams'],
  ...['colorGuidedGenerationParams', 'backgroundRemovalParams', 'virtualTryOnParams'],
];

const file = object({
  format: oneOf(
    ...['png', 'jpeg', 'gif', 'webp', 'mp4', 'mov', 'mkv', 'webm', 'flv', 'mpeg', 'mpg', 'wmv', '3gp'],
    ...['mp3', 'wav', 'ogg'],
  ),
  source: object({ bytes: known, s3Location: object({ uri: known, bucketOwner: known }) }),
  detailLevel: oneOf('STANDARD_IMAGE', 'DOCUMENT_IMAGE'),
  embeddingMode: oneOf('AUDIO_VIDEO_COMBINED', 'AUDIO_VIDEO_SEPARATE'),
  truncationMode: truncation,
  value: known,
  segmentationConfig: object({ durationSeconds: count, maxLengthChars: count }),
});

const embedded = object({
  embeddingPurpose: oneOf(
    ...['GENERIC_INDEX', 'GENERIC_RETRIEVAL', 'TEXT_RETRIEVAL', 'IMAGE_RETRIEVAL', 'VIDEO_RETRIEVAL'],
    ...['DOCUMENT_RETRIEVAL', 'AUDIO_RETRIEVAL', 'CLASSIFICATION', 'CLUSTERING'],
  ),
  embeddingDimension: count,
  ...eachOf(['text', 'image', 'video', 'audio'], file),
});

const ASPECTS = ['16:9', '1:1', '21:9', '2:3', '3:2', '4:5', '5:4', '9:16', '9:21'];

const STYLES = [
  ...['3d-model', 'analog-film', 'anime', 'cinematic', 'comic-book', 'digital-art', 'enhance', 'fantasy-art'],
  ...['isometric', 'line-art', 'low-poly', 'modeling-compound', 'neon-punk', 'origami', 'photographic'],
  ...['pixel-art', 'tile-texture'],
];

const EMBEDDING_TYPES = ['float', 'int8', 'uint8', 'binary', 'ubinary', 'base64'];

export const TASKS: Shapes = {
  request: object({
    ...eachOf(['prompt', 'negative_prompt', 'texts', 'query', 'documents', 'rank_fields', 'extras'], known),
    ...eachOf(['image', 'images', 'init_image', 'mask_image', 'strength', 'cfg_scale', 'seed'], known),
    ...eachOf(['steps', 'width', 'height', 'samples', 'top_n', 'max_tokens', 'output_dimension'], count),
    ...eachOf(['max_chunks_per_doc', 'api_version'], count),
    ...eachOf(PAINTING_PARAMS, painting),
    ...eachOf(['singleEmbeddingParams', 'segmentedEmbeddingParams'], embedded),
    text_prompts: object({ text: known, weight: known }),
    inputs: object({
      content: object({
        type: oneOf('text', 'image', 'image_url'),
        ...eachOf(['text', 'image'], known),
        image_url: object({ url: known }),
      }),
    }),
    taskType: oneOf(
      ...['TEXT_IMAGE', 'IMAGE_VARIATION', 'INPAINTING', 'OUTPAINTING', 'COLOR_GUIDED_GENERATION'],
      ...['BACKGROUND_REMOVAL', 'VIRTUAL_TRY_ON', 'SINGLE_EMBEDDING', 'SEGMENTED_EMBEDDING'],
    ),
    imageGenerationConfig: object({
      ...eachOf(['numberOfImages', 'height', 'width'], count),
      ...eachOf(['cfgScale', 'seed'], known),
      quality: oneOf('standard', 'premium'),
    }),
    schemaVersion: oneOf('nova-multimodal-embed-v1'),
    input_type: oneOf('search_document', 'search_query', 'classification', 'clustering', 'image'),
    embedding_types: oneOf(...EMBEDDING_TYPES),
    truncate: truncation,
    mode: oneOf('text-to-image', 'image-to-image'),
    output_format: oneOf('png', 'jpeg', 'webp'),
    aspect_ratio: oneOf(...ASPECTS),
    style_preset: oneOf(...STYLES),
    sampler: oneOf(
      ...['DDIM', 'DDPM', 'K_DPMPP_2M', 'K_DPMPP_2S_ANCESTRAL', 'K_DPM_2', 'K_DPM_2_ANCESTRAL', 'K_EULER'],
      ...['K_EULER_ANCESTRAL', 'K_HEUN', 'K_LMS'],
    ),
    clip_guidance_preset: oneOf('FAST_BLUE', 'FAST_GREEN', 'NONE', 'SIMPLE', 'SLOW', 'SLOWER', 'SLOWEST'),
    mask_source: oneOf('MASK_IMAGE_WHITE', 'MASK_IMAGE_BLACK', 'INIT_IMAGE_ALPHA'),
  }),
  response: object({
    ...eachOf(['texts', 'error', 'images', 'maskImage', 'seeds'], known),
    artifacts: object({
      ...eachOf(['base64', 'seed'], known),
      finishReason: oneOf('SUCCESS', 'ERROR', 'CONTENT_FILTERED'),
    }),
    embeddings: either(
      object(eachOf(EMBEDDING_TYPES, sealed)),
      object({
        embeddingType: oneOf('TEXT', 'IMAGE', 'VIDEO', 'AUDIO', 'AUDIO_VIDEO_COMBINED'),
        embedding: known,
        truncatedCharLength: count,
      }),
    ),
    results: object({ ...eachOf(['index', 'relevance_score'], count), document: object({ text: known }) }),
    finish_reasons: oneOf(
      ...['Filter reason: prompt', 'Filter reason: output image', 'Filter reason: input image'],
      'Inference error',
    ),
    result: oneOf('success'),
    response_type: oneOf('embeddings_floats', 'embeddings_by_type'),
    id: uuid,
  }),
};

/** What Bedrock adds to the body of any model. */
export const ADDED: Shapes = {
  request: object({
    'amazon-bedrock-guardrailConfig': object({
      tagSuffix: known,
      streamProcessingMode: oneOf('SYNCHRONOUS', 'ASYNCHRONOUS'),
    }),
  }),
  response: object({
    'amazon-bedrock-trace': object({ guardrail: guardrailTrace }),
    'amazon-bedrock-guardrailAction': oneOf('INTERVENED', 'NONE'),
    'amazon-bedrock-invocationMetrics': object(
      eachOf(
        [
          ...['inputTokenCount', 'outputTokenCount', 'invocationLatency', 'firstByteLatency'],
          ...['cacheReadInputTokenCount', 'cacheWriteInputTokenCount'],
        ],
        count,
      ),
    ),
  }),
};

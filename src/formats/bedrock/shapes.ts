/**
 * What of the requests, answers and events of Converse is no text; also of Amazon's Nova models under InvokeModel.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html
 */
import type { Shapes } from '../format.ts';
import {
  because,
  count,
  eachOf,
  either,
  type Fields,
  known,
  mapOf,
  matching,
  modelName,
  name,
  object,
  oneOf,
  type Shape,
  sealed,
  uuid,
} from '../shape.ts';
import { guardrailTrace } from './guardrail-shape.ts';
import { arn, resourceId } from './names.ts';

const callId = either(uuid, matching(/^tooluse_(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[\w-]{22}$/));

const cachePoint = object({ type: oneOf('default'), ttl: oneOf('5m', '1h') });

const location = object({ uri: known, bucketOwner: known });

const mediaError = object({ message: known });

const texts = object({ text: known });

const media = (...formats: string[]) =>
  object({
    format: oneOf(...formats),
    source: object({ bytes: known, s3Location: location }),
    error: mediaError,
  });

const IMAGE_FORMATS = ['png', 'jpeg', 'gif', 'webp'];

const range = object(eachOf(['documentIndex', 'searchResultIndex', 'start', 'end'], count));

const citation = object({
  ...eachOf(['title', 'source'], known),
  sourceContent: texts,
  location: object({
    web: object({ url: known, domain: known }),
    ...eachOf(['documentChar', 'documentPage', 'documentChunk', 'searchResultLocation'], range),
  }),
});

const citationSettings = object({ enabled: known });

const reasoning = {
  text: known,
  signature: sealed,
  redactedContent: sealed,
};

const changedTool = object({
  tool: object({
    type: oneOf('tool_reference', 'mcp_tool_reference', 'mcp_toolset_reference'),
    ...eachOf(['name', 'serverName'], known),
  }),
});

const toolUse: Fields = { toolUseId: callId, name, type: oneOf('server_tool_use', 'tool_use') };

const toolResult: Fields = {
  toolUseId: callId,
  status: oneOf('success', 'error'),
  type: oneOf('tool_result', 'nova_code_interpreter_result', 'nova_grounding_result'),
};

const block: Shape = object(() => ({
  text: known,
  guardContent: object({
    text: object({ text: known, qualifiers: oneOf('grounding_source', 'query', 'guard_content') }),
    image: media('png', 'jpeg'),
  }),
  citationsContent: object({ content: texts, citations: citation }),
  reasoningContent: object({ ...reasoning, reasoningText: object(reasoning) }),
  toolUse: object({ ...toolUse, input: known }),
  toolResult: object({ ...toolResult, content: either(block, object({ json: known })) }),
  document: object({
    format: oneOf('pdf', 'csv', 'doc', 'docx', 'xls', 'xlsx', 'html', 'txt', 'md'),
    ...eachOf(['name', 'context'], known),
    source: object({ bytes: known, s3Location: location, text: known, content: texts }),
    citations: citationSettings,
  }),
  searchResult: object({
    ...eachOf(['source', 'title'], known),
    content: texts,
    citations: citationSettings,
  }),
  image: media(...IMAGE_FORMATS),
  video: media('mkv', 'mov', 'mp4', 'webm', 'flv', 'mpeg', 'mpg', 'wmv', 'three_gp'),
  audio: media(
    ...[
      'mp3',
      'opus',
      'wav',
      'aac',
      'flac',
      'mp4',
      'ogg',
      'mkv',
      'mka',
      'x-aac',
      'm4a',
      'mpeg',
      'mpga',
      'pcm',
    ],
    'webm',
  ),
  cachePoint,
  toolAddition: changedTool,
  toolRemoval: changedTool,
}));

const message = object({ role: oneOf('user', 'assistant', 'system'), content: block });

const tool = object({
  toolSpec: object({
    ...eachOf(['name', 'description', 'strict'], known),
    inputSchema: object({ json: known }),
  }),
  systemTool: object({ name: oneOf('nova_code_interpreter', 'nova_grounding') }),
  cachePoint,
});

const latency = object({ latency: oneOf('standard', 'optimized') });

const serviceTier = object({ type: oneOf('default', 'flex', 'priority', 'reserved') });

const model = either(modelName, arn);

const request = object({
  modelId: model,
  messages: message,
  system: block,
  promptVariables: mapOf(texts),
  inferenceConfig: object({
    ...eachOf(['maxTokens', 'max_new_tokens', 'topK', 'top_k'], count),
    ...eachOf(['temperature', 'topP', 'top_p', 'stopSequences'], known),
    reasoningConfig: object({
      type: oneOf('enabled', 'disabled'),
      maxReasoningEffort: oneOf('low', 'medium', 'high'),
    }),
  }),
  toolConfig: object({
    tools: tool,
    toolChoice: object({ auto: object({}), any: object({}), tool: object({ name }) }),
  }),
  guardrailConfig: object({
    guardrailIdentifier: either(resourceId, arn),
    guardrailVersion: matching(/^(?:DRAFT|[1-9]\d{0,3})$/),
    trace: oneOf('enabled', 'disabled', 'enabled_full'),
    streamProcessingMode: oneOf('sync', 'async'),
  }),
  outputConfig: object({
    effort: oneOf('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'),
    textFormat: object({
      type: oneOf('json_schema'),
      structure: object({ jsonSchema: object(eachOf(['schema', 'name', 'description'], known)) }),
    }),
  }),
  ...eachOf(['additionalModelRequestFields', 'additionalModelResponseFieldPaths', 'requestMetadata'], known),
  performanceConfig: latency,
  serviceTier,
  schemaVersion: oneOf('messages-v1'),
  anthropic_version: oneOf('bedrock-2023-05-31'),
});

/** What an answer says of itself: at its end, in a stream. */
const END: Fields = {
  stopReason: oneOf(
    ...['end_turn', 'tool_use', 'max_tokens', 'stop_sequence', 'guardrail_intervened', 'content_filtered'],
    ...['malformed_model_output', 'malformed_tool_use', 'model_context_window_exceeded'],
  ),
  usage: object({
    ...eachOf(['inputTokens', 'outputTokens', 'totalTokens', 'cacheReadInputTokens'], count),
    ...eachOf(['cacheWriteInputTokens', 'cacheReadInputTokenCount', 'cacheWriteInputTokenCount'], count),
    cacheDetails: object({ ttl: oneOf('5m', '1h'), inputTokens: count }),
    serverToolUsage: object({}),
  }),
  metrics: object({ latencyMs: count }),
  additionalModelResponseFields: known,
  trace: object({ guardrail: guardrailTrace, promptRouter: object({ invokedModelId: model }) }),
  performanceConfig: latency,
  serviceTier,
};

/** Bytes that stand there so that nobody can tell the length of a token: the beginning of this alphabet. */
const padding = because('pattern', {
  isInert: (value) =>
    typeof value === 'string' &&
    'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'.startsWith(value),
});

/** What an event says, under its name or beside it. */
const EVENT: Fields = {
  ...END,
  p: padding,
  role: oneOf('assistant'),
  contentBlockIndex: count,
  start: object({
    toolUse: object(toolUse),
    toolResult: object(toolResult),
    image: object({ format: oneOf(...IMAGE_FORMATS) }),
  }),
  delta: object({
    text: known,
    toolUse: object({ ...toolUse, input: known }),
    toolResult: object({ ...toolResult, text: known, json: known }),
    reasoningContent: object({ ...reasoning, reasoningText: object(reasoning) }),
    citation,
    image: media(...IMAGE_FORMATS),
  }),
};

const EXCEPTIONS = [
  ...['internalServer', 'modelStreamError', 'validation', 'throttling', 'serviceUnavailable', 'modelTimeout'],
].map((name) => `${name}Exception`);

const exception = { ...eachOf(['message', 'originalMessage'], known), originalStatusCode: count };

export const CONVERSE: Shapes = {
  request,
  response: object({ ...END, output: object({ message }) }),
  event: object({
    ...EVENT,
    ...exception,
    ...eachOf(EXCEPTIONS, object(exception)),
    ...eachOf(['messageStart', 'contentBlockStart', 'contentBlockDelta', 'contentBlockStop'], object(EVENT)),
    ...eachOf(['messageStop', 'metadata'], object(EVENT)),
  }),
};

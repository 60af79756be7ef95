/**
 * Chat completions; the answers are those of completions and embeddings too.
 *
 * @see https://platform.openai.com/docs/api-reference/chat
 */
import {
  count,
  eachOf,
  either,
  idOf,
  known,
  matching,
  modelName,
  name,
  object,
  oneOf,
  type Shape,
  sealed,
  time,
} from '../shape.ts';
import { ERROR_SHAPE, FILTER_RESULT, MODERATION } from './error-shapes.ts';
import { MESSAGE } from './message-shapes.ts';
import { logprobs, PART } from './part-shapes.ts';
import { SETTINGS } from './settings-shapes.ts';
import { FORMAT, location, TOOL, TOOL_CHOICE } from './tool-shapes.ts';
import { usage } from './usage-shape.ts';
import { AUDIO_FORMAT, EFFORT, ID, SUMMARY, TIER, TYPE } from './word-shapes.ts';

const DATA_SOURCE = object({
  type: oneOf(
    'azure_search',
    'azure_cosmos_db',
    'elasticsearch',
    'mongo_db',
    'pinecone',
    'AzureCognitiveSearch',
  ),
  parameters: known,
});

const CHAT_REQUEST = object({
  ...SETTINGS,
  ...{ messages: MESSAGE, functions: TOOL, function_call: either(TOOL_CHOICE, object({ name })) },
  ...{ prediction: object({ type: TYPE, content: PART }), response_format: FORMAT },
  ...{
    modalities: oneOf('text', 'audio', 'image'),
    audio: object({ voice: either(known, object({ id: known })), format: AUDIO_FORMAT }),
  },
  web_search_options: object({ user_location: location, search_context_size: EFFORT }),
  ...{ data_sources: DATA_SOURCE, dataSources: DATA_SOURCE },
  reasoning: object({
    effort: EFFORT,
    max_tokens: count,
    exclude: known,
    enabled: known,
    summary: SUMMARY,
  }),
});

const FINISH = oneOf(
  ...[
    'stop',
    'length',
    'tool_calls',
    'function_call',
    'content_filter',
    'error',
    'eos',
    'eos_token',
    'end_turn',
    'STOP',
    'COMPLETE',
  ],
  ...[
    'stop_sequence',
    'max_tokens',
    'tool_use',
    'MAX_TOKENS',
    'completed',
    'model_length',
    'insufficient_system_resource',
  ],
);

const CHOICE: Shape = object({
  ...{
    index: count,
    finish_reason: FINISH,
    native_finish_reason: FINISH,
    stop_reason: either(FINISH, count),
    logprobs,
    matched_stop: known,
  },
  ...{
    message: MESSAGE,
    delta: MESSAGE,
    text: known,
    token_ids: count,
    prompt_token_ids: count,
    error: ERROR_SHAPE,
  },
  ...{
    content_filter_results: FILTER_RESULT,
    content_filter_result: FILTER_RESULT,
    seed: count,
    prompt_logprobs: known,
  },
  content_filter_offsets: object(eachOf(['check_offset', 'start_offset', 'end_offset'], count)),
  ...{ messages: known, reasoning: known, ...eachOf(['content_filter_raw'], count) },
});

/** Of an answer, whole or as a chunk of a stream. */
export const CHAT_ANSWER: Shape = object({
  id: ID,
  object: oneOf(
    'chat.completion',
    'chat.completion.chunk',
    'text_completion',
    'list',
    'embedding',
    'extensions.chat.completion',
  ),
  ...{
    created: time,
    model: modelName,
    system_fingerprint: idOf('fp_'),
    service_tier: TIER,
    usage,
    choices: CHOICE,
    error: ERROR_SHAPE,
  },
  ...{ prompt_filter_results: FILTER_RESULT, prompt_annotations: FILTER_RESULT, moderation: MODERATION },
  obfuscation: matching(/^[A-Za-z0-9]{1,16}$/),
  ...{
    citations: known,
    search_results: known,
    provider: known,
    request_id: ID,
    time_info: usage,
    metadata: known,
  },
  ...{
    data: object({ object: oneOf('embedding'), index: count, embedding: sealed }),
    x_groq: object({ id: ID, usage, seed: count }),
  },
});

export const CHAT_SHAPES = { request: CHAT_REQUEST, response: CHAT_ANSWER };

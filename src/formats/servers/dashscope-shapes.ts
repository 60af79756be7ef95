/** What is no text in DashScope's bodies: settings, ids, times, counts and its own words. */
import { MESSAGE as CHAT_MESSAGE } from '../openai/message-shapes.ts';
import { cacheControl, logprobs } from '../openai/part-shapes.ts';
import { SETTINGS as CHAT_SETTINGS } from '../openai/settings-shapes.ts';
import { FORMAT } from '../openai/tool-shapes.ts';
import { usage } from '../openai/usage-shape.ts';
import { TYPE } from '../openai/word-shapes.ts';
import {
  all,
  count,
  either,
  known,
  languageCode,
  matching,
  modelName,
  object,
  oneOf,
  type Shape,
  sealed,
  time,
  uuid,
} from '../shape.ts';

const PART: Shape = object({
  type: TYPE,
  ...all('text image multi_images audio video file image_url enable_rotate', known),
  ...all('min_pixels max_pixels total_pixels max_frames fps', count),
  cache_control: cacheControl,
});

const MESSAGE: Shape = either(
  CHAT_MESSAGE,
  object({
    content: PART,
    phase: oneOf('ResearchPlanning', 'WebResearch', 'KeepAlive', 'answer'),
    status: oneOf(...['typing', 'finished', 'streamingQueries', 'streamingWebResult', 'WebResultFinished']),
  }),
);

const size = matching(/^\d{2,5}\*\d{2,5}$/);

export const SETTINGS: Shape = object({
  ...CHAT_SETTINGS,
  ...all('thinking_budget dimension max_input_tokens max_length fps', count),
  ...all('incremental_output enable_search enable_thinking enable_code_interpreter stop_words', known),
  ...all('has_thoughts return_documents watermark prompt_extend negative_prompt language_hints', known),
  ...all('vl_high_resolution_images preserve_thinking flow_stream_mode voice instruct', known),
  ...all('rag_options ocr_options translation_options asr_options user_agent', known),
  result_format: oneOf('message', 'text'),
  response_format: FORMAT,
  text_type: oneOf('query', 'document'),
  output_type: oneOf('dense', 'sparse', 'dense&sparse'),
  output_format: oneOf('model_detailed_report', 'model_summary_report'),
  language_type: languageCode,
  size,
  search_options: object({
    ...all(
      'enable_source enable_citation forced_search enable_search_extension prepend_search_result',
      known,
    ),
    ...all('assigned_site_list intention_options', known),
    citation_format: oneOf('[<number>]', '[ref_<number>]'),
    search_strategy: oneOf('turbo', 'max', 'standard', 'pro', 'agent', 'agent_max'),
    freshness: count,
  }),
});

const REQUEST: Shape = object({
  model: modelName,
  input: object({
    ...all('prompt negative_prompt texts query documents contents image_list file_list biz_params', known),
    ...all('doc_tag_codes customized_model_id', known),
    messages: MESSAGE,
    history: object(all('user bot', known)),
    ...all('session_id memory_id', uuid),
    doc_reference_type: oneOf('simple', 'indexed'),
  }),
  parameters: SETTINGS,
  ...all('debug resources', known),
});

const FINISH = oneOf('null', 'stop', 'length', 'tool_calls', 'content_filter');

const STATUS = oneOf('PENDING', 'RUNNING', 'SUSPENDED', 'SUCCEEDED', 'FAILED', 'CANCELED', 'UNKNOWN');

const DOCUMENT: Shape = object(all('text image video title url', known));

const OUTPUT: Shape = object({
  text: known,
  finish_reason: FINISH,
  ...all('session_id task_id', uuid),
  task_status: STATUS,
  ...all('submit_time scheduled_time end_time', time),
  task_metrics: object(all('TOTAL SUCCEEDED FAILED', count)),
  ...all('video_url image_url orig_prompt actual_prompt', known),
  choices: object({ index: count, finish_reason: FINISH, message: MESSAGE, logprobs }),
  message: MESSAGE,
  audio: object({ ...all('data', sealed), url: known, id: uuid, expires_at: time }),
  search_info: object({
    search_results: object({ ...all('site_name icon title url snippet', known), index: count }),
    extra_tool_info: object(all('result tool', known)),
  }),
  thoughts: object({
    ...all('thought action_name action action_input_stream action_input observation response', known),
    action_type: oneOf('response', 'api', 'agentRag', 'reasoning', 'web_search'),
  }),
  doc_references: object({
    ...all('index_id title doc_id doc_name doc_url text biz_id images', known),
    page_number: count,
  }),
  workflow_message: known,
  reject_status: known,
  embeddings: object({
    ...all('text_index index embedding', count),
    sparse_embedding: object({ ...all('index value', count), token: known }),
    type: oneOf('text', 'image', 'video', 'vl', 'fusion'),
  }),
  results: object({
    ...all('index relevance_score', count),
    ...all('url file_url transcription_url video_url orig_prompt actual_prompt code message', known),
    document: DOCUMENT,
    subtask_status: STATUS,
  }),
});

const USAGE: Shape = either(
  usage,
  object({
    ...all('characters image_count image_tokens audio_tokens video_tokens duration width height', count),
    ...all('input_characters output_characters total_characters video_duration video_count SR', count),
    models: object({ model_id: modelName, ...all('input_tokens output_tokens', count) }),
    plugins: object({ search: object({ count, strategy: oneOf('turbo', 'max', 'standard', 'pro') }) }),
  }),
);

const ANSWER: Shape = object({
  request_id: uuid,
  status_code: count,
  ...all('code message', known),
  usage: USAGE,
  output: OUTPUT,
});

/** Several tasks, models or jobs. */
export const TASKS: Shape = object({
  request_id: uuid,
  ...all('total total_page page_no page_size', count),
  data: object({
    ...all('task_id request_id', uuid),
    status: STATUS,
    model_name: modelName,
    ...all('start_time end_time gmt_create', time),
    // With what a file may be uploaded.
    ...all('policy signature', sealed),
    ...all('expire_in_seconds max_file_size_mb capacity_limit_mb', count),
  }),
});

export const DASHSCOPE_SHAPES = { request: REQUEST, response: ANSWER };

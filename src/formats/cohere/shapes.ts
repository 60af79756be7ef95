/**
 * What of Cohere's bodies is no text: keys of the APIs, words of their lists, ids and counts.
 *
 * @see https://docs.cohere.com/reference/chat
 * @see https://docs.cohere.com/v1/reference/chat
 * @see https://docs.cohere.com/v1/reference/generate
 */
import type { Shapes } from '../format.ts';
import { JSON_SCHEMA } from '../json-schema-shape.ts';
import {
  all,
  count,
  either,
  type Fields,
  known,
  mapOf,
  matching,
  modelName,
  object,
  oneOf,
  uuid,
} from '../shape.ts';

const finishReason = oneOf(
  ...['COMPLETE', 'STOP_SEQUENCE', 'MAX_TOKENS', 'TOOL_CALL', 'TIMEOUT', 'USER_CANCEL'],
  ...['ERROR', 'ERROR_TOXIC', 'ERROR_LIMIT'],
);

/** Cohere's own number of a document that came without one; another is the caller's word. */
const documentId = either(uuid, matching(/^doc[-_:]\d{1,3}$/));

/** A text, or a map of the caller's own keys; the values are read where the document stands. */
const document = object({ id: documentId, data: known, ...all('text title snippet url', known) });

const citation = object({
  ...all('start end content_index', count),
  text: known,
  type: oneOf('TEXT_CONTENT', 'THINKING_CONTENT', 'PLAN'),
  document_ids: documentId,
  sources: object({
    type: oneOf('tool', 'document'),
    id: documentId,
    document: object({ id: documentId }),
    tool_output: known,
  }),
});

const tokenCounts = all('input_tokens output_tokens', count);

const usage = object({
  billed_units: object({
    ...tokenCounts,
    ...all('images image_tokens search_units classifications pages', count),
  }),
  tokens: object({ ...tokenCounts, image_tokens: count }),
  cached_tokens: count,
});

const meta = either(
  usage,
  object({
    api_version: object({
      version: matching(/^\d{1,2}(?:\.\d{1,2})?$/),
      ...all('is_deprecated is_experimental', known),
    }),
    warnings: known,
  }),
);

/** What a generation and both versions of Chat can be told. */
const SETTINGS: Fields = {
  model: modelName,
  ...all('temperature max_tokens k p seed stop_sequences frequency_penalty presence_penalty', known),
  ...all('stream raw_prompting return_prompt', known),
};

const safetyMode = oneOf('CONTEXTUAL', 'STRICT', 'NONE', 'OFF');

const citationMode = oneOf(
  ...['ENABLED', 'DISABLED', 'FAST', 'ACCURATE', 'OFF'],
  ...['enabled', 'disabled', 'fast', 'accurate', 'off'],
);

const responseFormat = object({
  type: oneOf('text', 'json_object'),
  ...all('schema json_schema', JSON_SCHEMA),
});

// Version 2.

const toolCallsV2 = object({
  id: uuid,
  type: oneOf('function'),
  function: object(all('name arguments', known)),
});

const MESSAGE_V2: Fields = {
  role: oneOf('system', 'developer', 'user', 'assistant', 'tool'),
  content: object({
    type: oneOf('text', 'thinking', 'image_url', 'document'),
    ...all('text thinking', known),
    image_url: object({ url: known, detail: oneOf('auto', 'low', 'high') }),
    document,
  }),
  tool_plan: known,
  tool_calls: toolCallsV2,
  tool_call_id: uuid,
  citations: citation,
};

/** The text is read as part of the answer that it spells. */
const logprobs = object({ text: known, token_ids: count, logprobs: count });

export const CHAT_V2_SHAPES: Shapes = {
  request: object({
    ...SETTINGS,
    messages: object(MESSAGE_V2),
    documents: document,
    tools: object({
      type: oneOf('function'),
      function: object(all('name description parameters strict', known)),
    }),
    tool_choice: oneOf('REQUIRED', 'NONE'),
    response_format: responseFormat,
    citation_options: object({ mode: citationMode }),
    safety_mode: safetyMode,
    thinking: object({ type: oneOf('enabled', 'disabled'), token_budget: known }),
    ...all('strict_tools logprobs priority', known),
  }),
  response: object({
    id: uuid,
    finish_reason: finishReason,
    message: object(MESSAGE_V2),
    usage,
    meta,
    logprobs,
    prompt: known,
  }),
  event: object({
    type: oneOf(
      ...['message-start', 'message-end', 'content-start', 'content-delta', 'content-end', 'tool-plan-delta'],
      ...['tool-call-start', 'tool-call-delta', 'tool-call-end', 'citation-start', 'citation-end', 'debug'],
    ),
    id: uuid,
    index: count,
    delta: object({
      message: object(MESSAGE_V2),
      finish_reason: finishReason,
      error: known,
      usage,
    }),
    logprobs,
    prompt: known,
  }),
};

// Version 1.

const callV1 = object({ name: known, parameters: known, generation_id: uuid });

const roles = ['USER', 'CHATBOT', 'SYSTEM', 'TOOL', 'User', 'Chatbot', 'System', 'Tool'];

const toolResult = object({ call: callV1, outputs: known });

const turn = object({
  role: oneOf(...roles, ...roles.map((role) => role.toLowerCase())),
  ...all('message user_name', known),
  tool_calls: callV1,
  tool_results: toolResult,
  generation_id: uuid,
});

/** Ids by which Cohere knows what it offers itself. */
const connectorId = either(uuid, oneOf('web-search'));

const searchQuery = object({ text: known, generation_id: uuid });

const ANSWER_V1: Fields = {
  ...all('text prompt is_search_required', known),
  ...all('id response_id generation_id conversation_id', uuid),
  citations: citation,
  documents: object({ id: documentId }),
  search_queries: searchQuery,
  search_results: object({
    search_query: searchQuery,
    connector: object({ id: connectorId }),
    document_ids: documentId,
    ...all('error_message continue_on_failure', known),
  }),
  finish_reason: finishReason,
  tool_calls: callV1,
  chat_history: turn,
  meta,
};

const toolCallDelta = object({ index: count, ...all('name parameters text', known) });

const generation = object({
  id: uuid,
  text: known,
  index: count,
  finish_reason: finishReason,
  likelihood: count,
  token_likelihoods: object({ token: known, likelihood: count }),
});

const EVENT_V1 = object({
  ...ANSWER_V1,
  event_type: oneOf(
    ...[
      'stream-start',
      'stream-end',
      'stream-error',
      'text-generation',
      'citation-generation',
      'search-results',
    ],
    ...['search-queries-generation', 'tool-calls-chunk', 'tool-calls-generation', 'debug'],
  ),
  ...all('is_finished err', known),
  index: count,
  tool_call_delta: toolCallDelta,
  response: object({ ...ANSWER_V1, generations: generation, response: object(ANSWER_V1) }),
});

export const CHAT_V1_SHAPES: Shapes = {
  request: object({
    ...SETTINGS,
    ...all('message preamble max_input_tokens', known),
    chat_history: turn,
    documents: object({ id: documentId }),
    tools: object({
      ...all('name description', known),
      parameter_definitions: mapOf(object(all('description type required', known))),
    }),
    tool_results: toolResult,
    response_format: responseFormat,
    conversation_id: uuid,
    connectors: object({ id: connectorId, ...all('user_access_token continue_on_failure options', known) }),
    prompt_truncation: oneOf('OFF', 'AUTO', 'AUTO_PRESERVE_ORDER'),
    citation_quality: citationMode,
    safety_mode: safetyMode,
    ...all('search_queries_only return_prompt_tokens return_chat_history force_single_step', known),
  }),
  // A single event that is not labelled as a stream is read as an answer.
  response: EVENT_V1,
  event: EVENT_V1,
};

// Generate.

export const GENERATE_SHAPES: Shapes = {
  request: object({
    ...SETTINGS,
    ...all('prompt preset num_generations end_sequences logit_bias', known),
    truncate: oneOf('NONE', 'START', 'END'),
    return_likelihoods: oneOf('GENERATION', 'ALL', 'NONE'),
  }),
  response: object({ id: uuid, prompt: known, generations: generation, meta }),
  event: EVENT_V1,
};

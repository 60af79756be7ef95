/**
 * Responses: requests, answers and their events.
 *
 * @see https://platform.openai.com/docs/api-reference/responses
 */
import {
  count,
  eachOf,
  either,
  type Fields,
  known,
  mapOf,
  matching,
  name,
  object,
  oneOf,
  type Shape,
  sealed,
  time,
} from '../shape.ts';
import { ERROR_SHAPE, FILTER_RESULT, MODERATION } from './error-shapes.ts';
import { annotation, LOGPROB, PART } from './part-shapes.ts';
import { SETTINGS } from './settings-shapes.ts';
import { CONTAINER, FORMAT, TOOL } from './tool-shapes.ts';
import { usage } from './usage-shape.ts';
import { EFFORT, ID, ROLE, STATUS, SUMMARY, TYPE } from './word-shapes.ts';

const ACTION: Shape = object(() => ({
  ...{
    type: TYPE,
    query: known,
    queries: known,
    url: known,
    pattern: known,
    sources: ACTION,
    name: known,
    title: known,
  },
  ...{
    command: known,
    commands: known,
    env: known,
    working_directory: known,
    user: known,
    timeout_ms: count,
    max_output_length: count,
  },
  ...{ x: count, y: count, scroll_x: count, scroll_y: count, path: either(known, ACTION), text: known },
  ...{ button: oneOf('left', 'right', 'wheel', 'back', 'forward'), keys: known },
}));

const ITEM: Shape = object(() => ({
  ...{
    type: TYPE,
    id: ID,
    call_id: ID,
    role: ROLE,
    status: STATUS,
    content: PART,
    phase: oneOf('commentary', 'final_answer'),
  },
  ...{
    summary: PART,
    encrypted_content: sealed,
    name,
    namespace: known,
    arguments: known,
    input: known,
    output: PART,
  },
  ...{
    action: ACTION,
    actions: ACTION,
    code: known,
    container_id: ID,
    outputs: PART,
    queries: known,
    result: sealed,
  },
  ...{
    results: object({
      text: known,
      filename: known,
      file_id: ID,
      score: count,
      attributes: known,
      vector_store_id: ID,
      chunk_id: ID,
    }),
  },
  ...{
    operation: object({ type: TYPE, path: known, diff: known }),
    revised_prompt: known,
    tools: TOOL,
    execution: oneOf('server', 'client'),
  },
  ...{
    server_label: name,
    approval_request_id: ID,
    approve: known,
    reason: known,
    error: ERROR_SHAPE,
    max_output_length: count,
  },
  ...{
    pending_safety_checks: SAFETY,
    acknowledged_safety_checks: SAFETY,
    created_by: known,
    caller: object({ type: TYPE, caller_id: ID }),
  },
  ...{
    background: oneOf('transparent', 'opaque', 'auto'),
    output_format: oneOf('png', 'webp', 'jpeg'),
    environment: CONTAINER,
  },
  ...{
    quality: oneOf('low', 'medium', 'high', 'auto'),
    size: matching(/^(?:auto|\d{2,5}x\d{2,5})$/),
    fingerprint: known,
  },
}));

const SAFETY = object({ id: ID, code: known, message: known });

/** What a request may say, and an answer says again. */
const RESPONSE_SETTINGS: Fields = {
  ...SETTINGS,
  ...{
    instructions: either(known, ITEM),
    previous_response_id: ID,
    conversation: either(ID, object({ id: ID })),
  },
  prompt: object({ id: ID, version: matching(/^\d{1,4}$/), variables: mapOf(PART) }),
  reasoning: object({
    ...{
      effort: EFFORT,
      summary: SUMMARY,
      generate_summary: SUMMARY,
      context: oneOf('all_turns', 'current_turn', 'auto'),
    },
    ...{ mode: oneOf('standard', 'auto', 'pro'), encrypted_content: sealed },
  }),
  text: object({ format: FORMAT, verbosity: EFFORT }),
  truncation: oneOf('auto', 'disabled'),
  include: oneOf(
    ...[
      'file_search_call.results',
      'web_search_call.results',
      'web_search_call.action.sources',
      'reasoning.encrypted_content',
    ],
    ...[
      'message.input_image.image_url',
      'computer_call_output.output.image_url',
      'code_interpreter_call.outputs',
    ],
    'message.output_text.logprobs',
  ),
  context_management: object({ type: TYPE, compact_threshold: count }),
};

const RESPONSE: Shape = object(() => ({
  ...RESPONSE_SETTINGS,
  ...{
    id: ID,
    object: oneOf('response', 'response.compaction', 'response.input_tokens', 'list'),
    status: STATUS,
    error: ERROR_SHAPE,
  },
  ...{
    created_at: time,
    completed_at: time,
    output: ITEM,
    output_text: known,
    usage,
    moderation: MODERATION,
    input_tokens: count,
    tool_usage: usage,
  },
  incomplete_details: object({ reason: oneOf('max_output_tokens', 'content_filter') }),
  billing: object({ payer: oneOf('developer', 'openai') }),
  content_filters: FILTER_RESULT,
  ...{ data: ITEM, has_more: known, first_id: ID, last_id: ID },
}));

const EVENT: Shape = object({
  status: STATUS,
  type: matching(/^(?:response(?:\.[a-z_]{2,40}){1,4}|error|keepalive|ping)$/),
  ...eachOf(
    [
      'sequence_number',
      'output_index',
      'content_index',
      'summary_index',
      'annotation_index',
      'partial_image_index',
    ],
    count,
  ),
  command_index: count,
  ...{
    item_id: ID,
    response: RESPONSE,
    item: ITEM,
    part: PART,
    annotation,
    logprobs: LOGPROB,
    delta: either(known, PART),
    text: known,
  },
  ...{
    arguments: known,
    name,
    input: known,
    code: known,
    refusal: known,
    command: known,
    diff: known,
    output: PART,
  },
  ...{
    obfuscation: matching(/^[A-Za-z0-9]{1,16}$/),
    partial_image_b64: sealed,
    code_: known,
    message: known,
    param: known,
    error: ERROR_SHAPE,
  },
  ...{ size: matching(/^(?:auto|\d{2,5}x\d{2,5})$/), quality: oneOf('low', 'medium', 'high', 'auto') },
  ...{ background: oneOf('transparent', 'opaque', 'auto'), output_format: oneOf('png', 'webp', 'jpeg') },
});

export const RESPONSES_SHAPES = {
  request: object({ ...RESPONSE_SETTINGS, input: either(known, ITEM) }),
  response: RESPONSE,
  event: EVENT,
};

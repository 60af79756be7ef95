/** Messages of chats. */
import { count, eachOf, known, name, object, oneOf, type Shape, sealed, time } from '../shape.ts';
import { annotation, cacheControl, PART } from './part-shapes.ts';
import { ID, ROLE, TYPE } from './word-shapes.ts';

const FUNCTION_CALL = object({
  name,
  ...eachOf(['arguments', 'input', 'parameters', 'parsed_arguments'], known),
});

const signature = object({ google: object({ thought_signature: sealed, thought: known }) });

const TOOL_CALL = object({
  ...{
    id: ID,
    type: TYPE,
    index: count,
    function: FUNCTION_CALL,
    custom: FUNCTION_CALL,
    extra_content: signature,
  },
  provider_specific_fields: object({ thought_signature: sealed }),
});

const THOUGHT = object({
  ...{
    type: TYPE,
    text: known,
    summary: known,
    thinking: known,
    signature: sealed,
    data: sealed,
    id: ID,
    index: count,
  },
  ...{
    format: oneOf(
      'unknown',
      'openai-responses-v1',
      'anthropic-claude-v1',
      'xai-responses-v1',
      'google-gemini-v1',
    ),
  },
  cache_control: cacheControl,
});

export const MESSAGE: Shape = object({
  ...{
    role: ROLE,
    name: known,
    content: PART,
    refusal: known,
    tool_call_id: ID,
    tool_name: name,
    weight: count,
  },
  ...{
    reasoning_content: PART,
    reasoning: PART,
    reasoning_details: THOUGHT,
    thinking: PART,
    thinking_blocks: THOUGHT,
  },
  ...{
    tool_calls: TOOL_CALL,
    function_call: FUNCTION_CALL,
    audio: object({ id: ID, data: sealed, expires_at: time, transcript: known }),
  },
  ...{
    images: PART,
    parsed: known,
    annotations: annotation,
    context: known,
    prefix: known,
    partial: known,
    cache_control: cacheControl,
  },
});

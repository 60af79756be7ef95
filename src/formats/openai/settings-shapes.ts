/** The caller's own fields, and what else most requests have. */
import { count, duration, eachOf, either, type Fields, known, modelName, object, oneOf } from '../shape.ts';
import { TOOL, TOOL_CHOICE } from './tool-shapes.ts';
import { CACHE_MODE, EFFORT, TIER } from './word-shapes.ts';

/** The caller's own fields; what stands in them is text. */
const CALLER = eachOf(
  ['user', 'safety_identifier', 'metadata', 'prompt_cache_key', 'user_security_context'],
  known,
);

/** Settings that most of the APIs have. */
export const SETTINGS: Fields = {
  ...CALLER,
  model: modelName,
  models: modelName,
  ...eachOf(
    [
      ...[
        'n',
        'seed',
        'max_tokens',
        'max_completion_tokens',
        'max_output_tokens',
        'max_tool_calls',
        'temperature',
        'top_p',
        'top_k',
      ],
      ...[
        'min_p',
        'top_a',
        'presence_penalty',
        'frequency_penalty',
        'repetition_penalty',
        'top_logprobs',
        'best_of',
        'min_tokens',
      ],
      ...['length_penalty', 'dimensions', 'logprobs', 'top_n', 'random_seed'],
    ],
    count,
  ),
  ...eachOf(
    [
      'stream',
      'store',
      'stop',
      'echo',
      'parallel_tool_calls',
      'background',
      'ignore_eos',
      'return_token_ids',
    ],
    known,
  ),
  stream_options: object(eachOf(['include_usage', 'include_obfuscation', 'continuous_usage_stats'], known)),
  service_tier: TIER,
  reasoning_effort: EFFORT,
  verbosity: EFFORT,
  prompt_cache_retention: either(oneOf('in-memory', 'in_memory'), duration),
  prompt_cache_options: object({ ttl: duration, mode: CACHE_MODE }),
  encoding_format: oneOf('float', 'base64'),
  tools: TOOL,
  tool_choice: TOOL_CHOICE,
  moderation: object({
    model: modelName,
    policy: object(eachOf(['input', 'output'], object({ mode: oneOf('score', 'block') }))),
  }),
  logit_bias: object({}),
};

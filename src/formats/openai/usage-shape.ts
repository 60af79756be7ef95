/** What was used, in the words of every server that speaks like OpenAI. */
import { count, eachOf, object, type Shape } from '../shape.ts';
import { EFFORT, TYPE } from './word-shapes.ts';

export const usage: Shape = object(() => ({
  ...eachOf(
    [
      ...[
        'prompt_tokens',
        'completion_tokens',
        'total_tokens',
        'input_tokens',
        'output_tokens',
        'cached_tokens',
        'audio_tokens',
      ],
      ...[
        'reasoning_tokens',
        'accepted_prediction_tokens',
        'rejected_prediction_tokens',
        'image_tokens',
        'text_tokens',
      ],
      ...[
        'cache_write_tokens',
        'cache_read_tokens',
        'num_sources_used',
        'num_search_queries',
        'queue_time',
        'prompt_time',
      ],
      ...[
        'completion_time',
        'total_time',
        'prompt_cache_hit_tokens',
        'prompt_cache_miss_tokens',
        'cost',
        'cost_in_usd_ticks',
      ],
      ...[
        'cache_creation_input_tokens',
        'cache_read_input_tokens',
        'seconds',
        'cached_creation_tokens',
        'citation_tokens',
      ],
      ...[
        'num_cached_tokens',
        'web_search_requests',
        'file_search_requests',
        'upstream_inference_cost',
        'is_byok',
      ],
      ...[
        'upstream_inference_prompt_cost',
        'num_requests',
        'upstream_inference_completions_cost',
        'video_tokens',
        'input_cost',
        'output_cost',
      ],
    ],
    count,
  ),
  type: TYPE,
  search_context_size: EFFORT,
  ...eachOf(
    [
      ...['image_gen', 'web_search', 'file_search', 'code_interpreter'],
      ...[
        'prompt_tokens_details',
        'completion_tokens_details',
        'input_tokens_details',
        'output_tokens_details',
        'cost_details',
      ],
      ...[
        'server_tool_use',
        'cost',
        'prompt_tokens_detail',
        'audio_prompt_tokens',
        'completion_tokens_detail',
        'attribution',
      ],
    ],
    usage,
  ),
}));

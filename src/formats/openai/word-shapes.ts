/** Ids and closed lists of words in OpenAI's bodies. */
import { either, idOf, matching, oneOf, type Shape } from '../shape.ts';

/** Ids of answers, calls, items and files; other servers number their calls. */
export const ID: Shape = either(
  idOf(
    ...[
      'chatcmpl-',
      'chatcmpl_',
      'cmpl-',
      'resp_',
      'msg_',
      'rs_',
      'fc_',
      'call_',
      'ws_',
      'ci_',
      'cntr_',
      'ig_',
      'mcp_',
      'mcpl_',
    ],
    ...[
      'mcpr_',
      'mcpa_',
      'ct_',
      'ctc_',
      'cto_',
      'fs_',
      'cu_',
      'sh_',
      'sho_',
      'lsh_',
      'apc_',
      'apco_',
      'cmp_',
      'ts_',
      'tsc_',
    ],
    ...[
      'tso_',
      'at_',
      'toolu_',
      'tooluse_',
      'file-',
      'file_',
      'vs_',
      'conv_',
      'pmpt_',
      'gen-',
      'run-',
      'req_',
      'audio_',
      'item_',
    ],
    ...['thread_', 'asst_', 'batch_', 'modr-', 'embd-', 'fco_', 'id_', 'skill_'],
  ),
  matching(/^\d{1,4}$/),
);

export const ROLE = oneOf(
  'system',
  'developer',
  'user',
  'assistant',
  'tool',
  'function',
  'critic',
  'discriminator',
  'unknown',
);

export const STATUS = oneOf(
  ...[
    'in_progress',
    'completed',
    'incomplete',
    'failed',
    'cancelled',
    'queued',
    'searching',
    'interpreting',
    'generating',
  ],
  'calling',
);

export const AUDIO_FORMAT = oneOf('wav', 'mp3', 'flac', 'opus', 'pcm16', 'aac');

export const SUMMARY = oneOf('auto', 'concise', 'detailed', 'none');

export const EFFORT = oneOf('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max', 'auto');

export const DETAIL = oneOf('auto', 'low', 'high', 'original');

export const TIER = oneOf('auto', 'default', 'flex', 'priority', 'scale', 'standard');

export const TYPE = oneOf(
  // Parts.
  ...[
    'text',
    'input_text',
    'output_text',
    'summary_text',
    'reasoning_text',
    'refusal',
    'thinking',
    'image_url',
    'image',
  ],
  ...[
    'input_image',
    'output_image',
    'input_audio',
    'output_audio',
    'audio',
    'audio_url',
    'video_url',
    'file',
    'input_file',
  ],
  ...['computer_screenshot', 'logs', 'reasoning', 'document', 'encrypted_content'],
  // Items.
  ...[
    'message',
    'function_call',
    'function_call_output',
    'custom_tool_call',
    'custom_tool_call_output',
    'item_reference',
  ],
  ...[
    'file_search_call',
    'web_search_call',
    'computer_call',
    'computer_call_output',
    'image_generation_call',
  ],
  ...[
    'code_interpreter_call',
    'local_shell_call',
    'local_shell_call_output',
    'shell_call',
    'shell_call_output',
  ],
  ...[
    'apply_patch_call',
    'apply_patch_call_output',
    'mcp_list_tools',
    'mcp_approval_request',
    'mcp_approval_response',
    'mcp_call',
  ],
  ...[
    'tool_search_call',
    'tool_search_output',
    'additional_tools',
    'compaction',
    'compaction_summary',
    'context_compaction',
  ],
  // Tools.
  ...[
    'function',
    'custom',
    'namespace',
    'file_search',
    'web_search',
    'web_search_preview',
    'web_search_2025_08_26',
  ],
  ...[
    'web_search_preview_2025_03_11',
    'computer',
    'computer_use',
    'computer_use_preview',
    'code_interpreter',
    'image_generation',
  ],
  ...['local_shell', 'shell', 'apply_patch', 'mcp', 'tool_search', 'allowed_tools', 'grammar'],
  // Formats of answers, sources, actions, outcomes.
  ...[
    'json_schema',
    'json_object',
    'json',
    'approximate',
    'url',
    'search',
    'open_page',
    'find_in_page',
    'find',
    'exec',
    'exit',
    'timeout',
  ],
  ...[
    'create_file',
    'update_file',
    'delete_file',
    'container_auto',
    'container_reference',
    'auto',
    'local',
    'skill_reference',
    'inline',
  ],
  ...[
    'click',
    'double_click',
    'drag',
    'keypress',
    'move',
    'screenshot',
    'scroll',
    'type',
    'wait',
    'pending_safety_check',
  ],
  ...[
    'eq',
    'ne',
    'gt',
    'gte',
    'lt',
    'lte',
    'in',
    'nin',
    'and',
    'or',
    'content',
    'prediction',
    'disabled',
    'allowlist',
  ],
  // Notes on a text.
  ...[
    'url_citation',
    'file_citation',
    'file_path',
    'container_file_citation',
    'moderation_results',
    'moderation_result',
  ],
  ...[
    'reasoning.text',
    'reasoning.summary',
    'reasoning.encrypted',
    'error',
    'program',
    'program_output',
    'programmatic_tool_calling',
    'compaction_trigger',
    'direct',
  ],
  ...['base64', 'ephemeral', 'input_tokens', 'output_tokens', 'tokens'],
);

export const CACHE_MODE = oneOf('implicit', 'explicit');

/**
 * What of Anthropic's requests, answers and events is no text.
 *
 * @see https://docs.claude.com/en/api/messages
 */
import type { Shapes } from '../format.ts';
import { JSON_SCHEMA } from '../json-schema-shape.ts';
import {
  count,
  eachOf,
  either,
  type Fields,
  idOf,
  known,
  languageCode,
  mapOf,
  matching,
  mediaType,
  modelName,
  name,
  object,
  oneOf,
  type Shape,
  sealed,
  time,
} from '../shape.ts';

/** Amazon and Google put themselves into the ids that they give out. */
function idsOf(...prefixes: string[]): Shape {
  return idOf(...prefixes.flatMap((prefix) => [prefix, `${prefix}bdrk_`, `${prefix}vrtx_`]));
}

const messageId = idsOf('msg_');
const callId = idsOf('toolu_', 'srvtoolu_', 'mcptoolu_');
const requestId = idsOf('req_');
const fileId = idsOf('file_');

/** Such as `_20250825`. */
const DAY_LENGTH = 9;

/** Tools and edits carry the day of their version. */
function dated(...names: string[]): Shape {
  const known = new Set(names);
  return {
    isInert: (value) =>
      typeof value === 'string' && /_20\d{6}$/.test(value) && known.has(value.slice(0, -DAY_LENGTH)),
  };
}

const cacheControl = object({ type: oneOf('ephemeral'), ttl: oneOf('5m', '1h'), scope: oneOf('global') });

const stopReason = oneOf(
  ...['end_turn', 'max_tokens', 'stop_sequence', 'tool_use', 'pause_turn', 'compaction', 'refusal'],
  'model_context_window_exceeded',
);

const refusalCategory = oneOf('cyber', 'bio', 'frontier_llm', 'reasoning_extraction', 'general_harms');

const effort = oneOf('low', 'medium', 'high', 'xhigh', 'max');

const speed = oneOf('standard', 'fast');

const caller = either(oneOf('direct'), dated('code_execution'));

/** How old a page is, as search engines say it. */
const pageAge = either(
  time,
  matching(/^\d{1,3} (?:second|minute|hour|day|week|month|year)s? ago$/),
  matching(
    /^(?:January|February|March|April|May|June|July|August|September|October|November|December) \d{1,2}, \d{4}$/,
  ),
);

const citation = object({
  ...eachOf(['cited_text', 'document_title', 'title', 'source', 'url'], known),
  ...eachOf(['document_index', 'search_result_index', 'start_char_index', 'end_char_index'], count),
  ...eachOf(['start_page_number', 'end_page_number', 'start_block_index', 'end_block_index'], count),
  type: oneOf(
    ...['char_location', 'page_location', 'content_block_location', 'web_search_result_location'],
    'search_result_location',
  ),
  file_id: fileId,
  encrypted_index: sealed,
});

const citationSettings = object({ enabled: known });

const source = object(() => ({
  type: oneOf('base64', 'url', 'file', 'text', 'content'),
  media_type: mediaType,
  data: known,
  url: known,
  file_id: fileId,
  content: block,
}));

const errorCode = oneOf(
  ...['invalid_tool_input', 'unavailable', 'too_many_requests', 'execution_time_exceeded', 'overloaded'],
  ...['max_uses_exceeded', 'query_too_long', 'request_too_large', 'prompt_too_long', 'model_not_found'],
  ...['url_too_long', 'url_not_allowed', 'url_not_in_prior_context', 'url_not_accessible'],
  ...['unsupported_content_type', 'content_too_large', 'output_file_too_large', 'file_not_found'],
);

const SERVER_TOOL_RESULTS = [
  ...['web_search', 'web_fetch', 'code_execution', 'bash_code_execution', 'text_editor_code_execution'],
  ...['tool_search', 'advisor'],
].map((tool) => `${tool}_tool_result`);

/** What a server tool answers with: an object, or a list of them. */
const serverToolResult: Shape = object(() => ({
  ...eachOf(['url', 'title', 'text', 'stdout', 'stderr', 'error_message', 'lines', 'is_file_update'], known),
  ...eachOf(['return_code', 'num_lines', 'start_line', 'total_lines'], count),
  ...eachOf(['new_lines', 'new_start', 'old_lines', 'old_start'], count),
  type: oneOf(
    ...SERVER_TOOL_RESULTS.map((name) => `${name}_error`),
    ...['web_search_result', 'web_fetch_result', 'advisor_result', 'advisor_redacted_result'],
    ...['code_execution_result', 'encrypted_code_execution_result', 'bash_code_execution_result'],
    ...['view', 'create', 'str_replace'].map((name) => `text_editor_code_execution_${name}_result`),
    'tool_search_tool_search_result',
  ),
  error_code: errorCode,
  encrypted_content: sealed,
  encrypted_stdout: sealed,
  page_age: pageAge,
  retrieved_at: time,
  stop_reason: stopReason,
  file_type: oneOf('text', 'image', 'pdf'),
  tool_references: object({ type: oneOf('tool_reference'), tool_name: name }),
  content: either(
    block,
    object({ type: oneOf('code_execution_output', 'bash_code_execution_output'), file_id: fileId }),
  ),
}));

/** A tool that is added to the conversation or taken from it. */
const changedTool = object(() => ({
  type: oneOf('tool_reference', 'mcp_tool_reference', 'mcp_toolset_reference', 'tool_definition'),
  name,
  server_name: name,
  definition: tool,
}));

const stateChange = object({
  ...eachOf(['tab_id', 'download_id', 'url', 'path', 'error'], known),
  type: oneOf('tab_opened', 'download_started', 'download_completed', 'download_failed'),
  size_bytes: count,
});

/** Every block of content, in prompts, in answers and in other blocks. */
const block: Shape = object(() => ({
  ...eachOf(['text', 'thinking', 'data', 'input', 'title', 'context', 'is_error'], known),
  ...eachOf(['name', 'server_name', 'toolset_name', 'tool_name', 'mcp_server_name'], known),
  ...eachOf(['id', 'tool_use_id'], callId),
  type: oneOf(
    ...['text', 'image', 'document', 'search_result', 'thinking', 'redacted_thinking', 'fallback'],
    ...['tool_use', 'tool_result', 'server_tool_use', 'mcp_tool_use', 'mcp_tool_result', 'mcp_tool_listing'],
    ...['tool_addition', 'tool_removal', 'tool_reference', 'container_upload', 'compaction', 'browser_state'],
    ...SERVER_TOOL_RESULTS,
  ),
  signature: sealed,
  encrypted_content: sealed,
  cache_control: cacheControl,
  caller: object({ type: caller, tool_id: callId }),
  citations: either(citation, citationSettings),
  source,
  content: either(block, serverToolResult),
  file_id: fileId,
  transformations: object({ oversized_image: oneOf('downsize', 'error') }),
  tool: changedTool,
  tool_changes: block,
  tools: tool,
  tabs: object(eachOf(['tab_id', 'title', 'url', 'active'], known)),
  state_changes: stateChange,
  from: object({ model: modelName }),
  to: object({ model: modelName }),
  trigger: object({ type: oneOf('refusal'), category: refusalCategory }),
}));

const toolSettings = object(eachOf(['defer_loading', 'enabled'], known));

/** What a browser or a computer can be asked to do. */
const MEMBERS = [
  ...['navigate', 'list_tabs', 'new_tab', 'switch_tab', 'close_tab', 'read_page', 'get_page_text'],
  ...['read_console', 'read_network', 'find', 'form_input', 'file_upload', 'scroll_to', 'screenshot', 'zoom'],
  ...[
    'left_click',
    'right_click',
    'middle_click',
    'double_click',
    'triple_click',
    'hover',
    'left_click_drag',
  ],
  ...['left_mouse_down', 'left_mouse_up', 'mouse_move', 'scroll', 'type', 'key', 'hold_key', 'wait'],
  ...['javascript_exec', 'cursor_position'],
];

const SERVER_TOOLS = [
  ...['advisor', 'web_search', 'web_fetch', 'code_execution', 'bash_code_execution'],
  ...['text_editor_code_execution', 'tool_search_tool_regex', 'tool_search_tool_bm25'],
];

const urlSource = object({
  type: oneOf('all', 'none', 'only', 'except'),
  tools: object({ type: oneOf('tool_reference'), name }),
});

/** The definition of a tool, of whatever kind. */
const tool: Shape = object(() => ({
  ...eachOf(['description', 'input_examples', 'mcp_server_name', 'strict', 'defer_loading'], known),
  ...eachOf(['eager_input_streaming', 'enable_zoom', 'use_cache'], known),
  ...eachOf(['allowed_domains', 'blocked_domains'], known),
  ...eachOf(['max_uses', 'max_tokens', 'max_characters', 'max_content_tokens', 'display_number'], count),
  ...eachOf(['display_height_px', 'display_width_px'], count),
  type: either(
    oneOf('custom', 'mcp_toolset', 'tool_search_tool_bm25', 'tool_search_tool_regex'),
    dated(
      ...[
        'bash',
        'text_editor',
        'computer',
        'memory',
        'code_execution',
        'web_search',
        'web_fetch',
        'advisor',
      ],
      ...['tool_search_tool_bm25', 'tool_search_tool_regex', 'browser_toolset', 'computer_toolset'],
    ),
  ),
  // Those of Anthropic's own tools; any other is a text.
  name: oneOf(
    ...SERVER_TOOLS,
    ...['bash', 'computer', 'memory', 'str_replace_editor', 'str_replace_based_edit_tool'],
  ),
  input_schema: JSON_SCHEMA,
  allowed_callers: caller,
  cache_control: cacheControl,
  caching: cacheControl,
  citations: citationSettings,
  configs: either(object(eachOf(MEMBERS, toolSettings)), mapOf(toolSettings)),
  default_config: toolSettings,
  model: modelName,
  response_inclusion: oneOf('full', 'excluded'),
  tools: tool,
  url_sources: object(eachOf(['client_tool_results', 'server_tool_results', 'user_input'], urlSource)),
  user_location: object({
    type: oneOf('approximate'),
    ...eachOf(['city', 'region', 'timezone'], known),
    country: languageCode,
  }),
}));

const outputFormat = object({ type: oneOf('json_schema'), schema: JSON_SCHEMA });

const outputConfig = object({
  effort,
  format: outputFormat,
  task_budget: object({ type: oneOf('tokens'), total: count, remaining: count }),
});

const thinking = object({
  type: oneOf('enabled', 'disabled', 'adaptive', 'between_tools'),
  budget_tokens: count,
  display: oneOf('summarized', 'omitted', 'updates'),
  block_binding: object({ prefix_mismatch_behavior: oneOf('error', 'drop_block') }),
});

/** So many of something. */
const amount = object({
  type: oneOf('input_tokens', 'tool_uses', 'thinking_turns', 'all'),
  value: count,
});

const contextManagement = object({
  edits: object({
    ...eachOf(['instructions', 'pause_after_compaction', 'clear_tool_inputs', 'exclude_tools'], known),
    ...eachOf(['trigger', 'clear_at_least'], amount),
    keep: either(amount, oneOf('all')),
    type: dated('clear_tool_uses', 'clear_thinking', 'compact'),
  }),
});

/** Signed for a machine: three parts of base64, the first of which begins an object. */
const signedToken = matching(/^eyJ[\w-]{10,2000}\.[\w-]{10,4000}\.[\w-]{10,2000}$/);

const mcpServer = object({
  type: oneOf('url'),
  name: known,
  url: known,
  authorization_token: either(sealed, signedToken),
  tool_configuration: object(eachOf(['allowed_tools', 'enabled'], known)),
});

const containerId = idsOf('container_');

const skill = object({
  type: oneOf('anthropic', 'custom'),
  skill_id: either(idsOf('skill_'), oneOf('pptx', 'xlsx', 'docx', 'pdf')),
  version: either(oneOf('latest'), matching(/^20\d{6}$/), idsOf('skillver_')),
});

const container = either(containerId, object({ id: containerId, skills: skill, expires_at: time }));

const creditToken = sealed;

const BETAS = [
  ...['admin-user-sign-out-2026-10-08', 'advisor-tool-2026-03-01', 'agent-memory-2026-07-22'],
  ...['analytics-usage-cost-2026-08-24', 'cache-diagnosis-2026-04-07', 'ce-plugins-2026-09-01'],
  ...['ce-claude-code-managed-settings-2026-10-06', 'ce-user-management-2026-07-13', 'claude-code-20250219'],
  ...['code-execution-2025-05-22', 'code-execution-2025-08-25', 'compact-2026-01-12', 'compact-2026-09-04'],
  ...['computer-use-2024-10-22', 'computer-use-2025-01-24', 'computer-use-2025-11-24'],
  ...['context-1m-2025-08-07', 'context-management-2025-06-27', 'dev-full-thinking-2025-05-14'],
  ...['dreaming-2026-04-21', 'experimental-claude-tag-2026-10-21', 'extended-cache-ttl-2025-04-11'],
  ...['fallback-credit-2026-06-01', 'fallback-credit-2026-07-01', 'fast-mode-2026-02-01'],
  ...['files-api-2025-04-14', 'fine-grained-tool-streaming-2025-05-14', 'inline-tools-2026-09-15'],
  ...['interleaved-thinking-2025-05-14', 'managed-agents-2026-04-01', 'max-tokens-3-5-sonnet-2024-07-15'],
  ...['mcp-client-2025-04-04', 'mcp-client-2025-11-20', 'mcp-client-2026-09-15', 'mcp-tunnels-2026-06-22'],
  ...['message-batches-2024-09-24', 'message-threads-2026-08-12'],
  ...['mid-conversation-output-config-2026-07-01', 'mid-conversation-system-clear-at-2026-08-21'],
  ...['mid-conversation-tool-changes-2026-07-01', 'model-context-window-exceeded-2025-08-26'],
  ...['oauth-2025-04-20', 'output-128k-2025-02-19', 'output-300k-2026-03-24', 'pdfs-2024-09-25'],
  ...['prompt-caching-2024-07-31', 'server-side-fallback-2026-06-01', 'server-side-fallback-2026-07-01'],
  ...['skills-2025-10-02', 'spend-limit-reads-2026-09-26', 'structured-outputs-2025-11-13'],
  ...['task-budgets-2026-03-13', 'telemetry-destinations-2026-08-11', 'thinking-binding-controls-2026-08-01'],
  ...['thinking-display-updates-2026-08-18', 'thinking-token-count-2026-05-13'],
  ...['token-counting-2024-11-01', 'token-efficient-tools-2025-02-19', 'tool-examples-2025-10-29'],
  ...['tool-search-tool-2025-10-19', 'user-profiles-2026-03-24', 'user-profiles-2026-08-18'],
  ...['user-profiles-2026-09-04', 'user-profiles-billing-2026-10-01', 'web-fetch-2025-09-10'],
  ...['webhooks-2026-10-07', 'web-search-2025-03-05'],
];

const betas = oneOf(...BETAS);

const version = oneOf('2023-01-01', '2023-06-01', 'bedrock-2023-05-31', 'vertex-2023-10-16');

const geography = oneOf('global', 'us', 'eu', 'au', 'jp', 'apac', 'not_available');

/** What a request and what replaces it in a fallback have in common. */
const REPLACEABLE: Fields = {
  model: modelName,
  max_tokens: count,
  output_config: outputConfig,
  speed,
  thinking,
};

const request = object({
  ...REPLACEABLE,
  ...eachOf(['stop_sequences', 'stream', 'temperature', 'top_p', 'top_k'], known),
  system: block,
  messages: object({
    role: oneOf('user', 'assistant', 'system'),
    content: block,
    clear_at: oneOf('next_user_message', 'never'),
    output_config: object({ effort }),
  }),
  tools: tool,
  tool_choice: object({
    type: oneOf('auto', 'any', 'tool', 'none'),
    name,
    disable_parallel_tool_use: known,
  }),
  metadata: object({ user_id: known }),
  service_tier: oneOf('auto', 'standard_only'),
  inference_geo: geography,
  cache_control: cacheControl,
  mcp_servers: mcpServer,
  container,
  context_management: contextManagement,
  compaction: object({ type: oneOf('summarize'), instructions: known }),
  output_format: outputFormat,
  fallbacks: either(oneOf('default'), object(REPLACEABLE)),
  thread: object({ type: oneOf('create', 'continue'), previous_message_id: messageId }),
  billing_policy: object({ type: oneOf('billing_policy'), bill_to: oneOf('self', 'user_profile') }),
  diagnostics: object({ previous_message_id: messageId }),
  fallback_credit_token: either(
    creditToken,
    object({ token: creditToken, mode: oneOf('strict', 'best_effort') }),
  ),
  user_profile_id: idsOf('uprof_'),
  workspace_id: idsOf('wrkspc_'),
  betas,
  anthropic_beta: betas,
  anthropic_version: version,
});

const TOKENS: Fields = {
  ...eachOf(['input_tokens', 'output_tokens'], count),
  ...eachOf(['cache_creation_input_tokens', 'cache_read_input_tokens'], count),
  cache_creation: object(eachOf(['ephemeral_5m_input_tokens', 'ephemeral_1h_input_tokens'], count)),
};

const usage = object({
  ...TOKENS,
  output_tokens_details: object({ thinking_tokens: count }),
  server_tool_use: object(
    eachOf(['web_search_requests', 'web_fetch_requests', 'code_execution_requests'], count),
  ),
  service_tier: oneOf('standard', 'priority', 'batch'),
  inference_geo: geography,
  speed,
  iterations: object({
    ...TOKENS,
    type: oneOf('message', 'compaction', 'advisor_message', 'fallback_message'),
    model: modelName,
  }),
  fallback_credit: object({
    status: object({
      type: oneOf('redeemed', 'not_applied'),
      reason: oneOf(
        ...['body_mismatch', 'continuation_excluded', 'continuation_only', 'expired', 'not_enabled'],
        ...['invalid_target_model', 'reprice_unavailable', 'temporarily_unavailable', 'wrong_platform'],
        ...['variant_fields_present', 'wrong_organization', 'wrong_workspace'],
      ),
      remove_to_redeem: known,
    }),
  }),
});

/** How an answer ended: of the answer itself, and of the event that says so in a stream. */
const END: Fields = {
  stop_reason: stopReason,
  stop_sequence: known,
  stop_details: object({
    type: oneOf('refusal'),
    category: refusalCategory,
    explanation: known,
    fallback_credit_token: creditToken,
    fallback_has_prefill_claim: known,
    recommended_model: modelName,
  }),
  container,
};

const appliedEdits = object({
  applied_edits: object({
    type: dated('clear_tool_uses', 'clear_thinking', 'compact'),
    ...eachOf(['cleared_input_tokens', 'cleared_tool_uses', 'cleared_thinking_turns'], count),
  }),
  original_input_tokens: count,
});

const inputTransformations = object({
  type: oneOf('thinking_dropped', 'thinking_mismatch_allowed'),
  path: known,
  reason: oneOf(
    ...['model_binding_mismatch', 'prefix_binding_mismatch', 'organization_binding_mismatch'],
    'end_user_binding_mismatch',
  ),
});

const ANSWER: Fields = {
  ...END,
  id: messageId,
  type: oneOf('message'),
  role: oneOf('assistant'),
  model: modelName,
  content: block,
  usage,
  context_management: appliedEdits,
  input_transformations: inputTransformations,
  diagnostics: object({
    cache_miss_reason: object({
      type: oneOf(
        ...['model_changed', 'system_changed', 'tools_changed', 'messages_changed'],
        ...['previous_message_not_found', 'unavailable'],
      ),
      cache_missed_input_tokens: count,
    }),
  }),
};

const answer = object(ANSWER);

const error = object({
  type: oneOf(
    ...['invalid_request_error', 'authentication_error', 'billing_error', 'permission_error'],
    ...['not_found_error', 'request_too_large', 'rate_limit_error', 'timeout_error', 'api_error'],
    ...['overloaded_error', 'conflict_error'],
  ),
  message: known,
  details: object({ error_code: known }),
});

/** An answer that is an error, and the same as an event. */
const ERROR: Fields = { type: oneOf('error'), error, request_id: requestId };

const event = either(
  object(ERROR),
  object({
    type: oneOf(
      ...['message_start', 'content_block_start', 'content_block_delta', 'content_block_stop'],
      ...['message_delta', 'message_stop', 'ping'],
    ),
    message: answer,
    index: count,
    content_block: block,
    delta: object({
      ...END,
      ...eachOf(['text', 'thinking', 'partial_json', 'content'], known),
      type: oneOf(
        ...['text_delta', 'thinking_delta', 'signature_delta', 'input_json_delta', 'citations_delta'],
        'compaction_delta',
      ),
      signature: sealed,
      encrypted_content: sealed,
      citation,
      estimated_tokens: count,
    }),
    usage,
    context_management: appliedEdits,
    input_transformations: inputTransformations,
  }),
);

export const MESSAGES: Shapes = {
  request,
  // A count of tokens has one key more.
  response: either(answer, object({ input_tokens: count })),
  event,
};

const batch = object({
  ...eachOf(['created_at', 'ended_at', 'expires_at', 'archived_at', 'cancel_initiated_at'], time),
  id: idsOf('msgbatch_'),
  type: oneOf('message_batch'),
  processing_status: oneOf('in_progress', 'canceling', 'ended'),
  request_counts: object(eachOf(['processing', 'succeeded', 'errored', 'canceled', 'expired'], count)),
  results_url: matching(
    /^https:\/\/api\.anthropic\.com\/v1\/messages\/batches\/msgbatch_[A-Za-z0-9]{16,32}\/results$/,
  ),
});

/** One line of a batch's results. */
const batchResult = object({
  custom_id: known,
  result: object({
    type: oneOf('succeeded', 'errored', 'canceled', 'expired'),
    message: answer,
    error: object(ERROR),
  }),
});

export const BATCHES: Shapes = {
  request: object({
    requests: object({ custom_id: known, params: request }),
    user_profile_id: idsOf('uprof_'),
    workspace_id: idsOf('wrkspc_'),
    betas,
  }),
  response: either(batch, batchResult),
};

const completion = object({
  completion: known,
  type: oneOf('completion', 'ping'),
  id: idsOf('compl_', 'chatcompl_'),
  log_id: idsOf('compl_', 'chatcompl_'),
  model: modelName,
  stop_reason: oneOf('stop_sequence', 'max_tokens'),
  stop: known,
});

export const COMPLETE: Shapes = {
  request: object({
    ...eachOf(['prompt', 'stop_sequences', 'stream', 'temperature', 'top_p', 'top_k'], known),
    model: modelName,
    max_tokens_to_sample: count,
    metadata: object({ user_id: known }),
    anthropic_version: version,
  }),
  response: completion,
  event: either(completion, object(ERROR)),
};

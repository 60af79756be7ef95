/**
 * What of OpenAI's bodies, and of every server's that speaks like it, is no text.
 *
 * @see https://platform.openai.com/docs/api-reference
 */
import { JSON_SCHEMA } from '../json-schema-shape.ts';
import {
  count,
  duration,
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

/** Ids of answers, calls, items and files; other servers number their calls. */
const ID: Shape = either(
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

const ROLE = oneOf(
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
const STATUS = oneOf(
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
const AUDIO_FORMAT = oneOf('wav', 'mp3', 'flac', 'opus', 'pcm16', 'aac');
const SUMMARY = oneOf('auto', 'concise', 'detailed', 'none');
const EFFORT = oneOf('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max', 'auto');
const DETAIL = oneOf('auto', 'low', 'high', 'original');
const TIER = oneOf('auto', 'default', 'flex', 'priority', 'scale', 'standard');
const TYPE = oneOf(
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
    'direct',
  ],
  ...['base64', 'ephemeral', 'input_tokens', 'output_tokens', 'tokens'],
);

const cacheControl = object({ type: TYPE, ttl: duration });

const usage: Shape = object(() => ({
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

const imageUrl = object({ url: known, detail: DETAIL, format: known, file_id: ID });
const fileShape = object({
  filename: known,
  file_data: known,
  file_url: known,
  file_id: ID,
  format: mediaType,
  detail: DETAIL,
});
const audioData = object({
  data: sealed,
  format: oneOf('wav', 'mp3', 'flac', 'opus', 'pcm16', 'aac', 'ogg', 'm4a'),
  id: ID,
});

const annotation: Shape = object(() => ({
  type: TYPE,
  ...eachOf(['start_index', 'end_index', 'index'], count),
  ...{
    url: known,
    title: known,
    quote: known,
    text: known,
    content: known,
    file_id: ID,
    container_id: ID,
    filename: known,
  },
  ...eachOf(['url_citation', 'file_citation', 'file_path'], annotation),
}));

const LOGPROB: Shape = object(() => ({
  ...{
    token: known,
    logprob: count,
    bytes: count,
    top_logprobs: either(LOGPROB, mapOf(count)),
    token_id: count,
    rank: count,
  },
  ...{ decoded_token: known },
}));
const logprobs = either(
  LOGPROB,
  object({
    ...{
      content: LOGPROB,
      refusal: LOGPROB,
      tokens: known,
      token_logprobs: count,
      text_offset: count,
      token_ids: count,
    },
    top_logprobs: mapOf(count),
  }),
);

/** A message's part, or a tool result's. */
const PART: Shape = object(() => ({
  ...{
    type: TYPE,
    text: known,
    refusal: known,
    thinking: PART,
    logs: known,
    transcript: known,
    detail: DETAIL,
    id: ID,
  },
  ...{
    image_url: either(known, imageUrl),
    video_url: imageUrl,
    audio_url: imageUrl,
    input_audio: audioData,
    url: known,
  },
  ...{
    file: fileShape,
    filename: known,
    file_data: known,
    file_url: known,
    file_id: ID,
    format: known,
    data: sealed,
  },
  ...{
    annotations: annotation,
    logprobs: LOGPROB,
    index: count,
    cache_control: cacheControl,
    prompt_cache_breakpoint: cacheControl,
  },
  ...{
    outcome: object({ type: TYPE, exit_code: count }),
    stdout: known,
    stderr: known,
    status: STATUS,
    created_by: known,
  },
}));

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

const MESSAGE: Shape = object({
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

const FORMAT: Shape = object(() => ({
  ...{ type: TYPE, strict: known, name: known, description: known, schema: JSON_SCHEMA, value: JSON_SCHEMA },
  ...{ json_schema: FORMAT, syntax: oneOf('lark', 'regex'), definition: known, grammar: FORMAT },
}));

const location: Shape = object(() => ({
  ...{ type: TYPE, approximate: location, country: languageCode, region: known, city: known },
  timezone: matching(
    /^(?:UTC|(?:Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific)\/[A-Za-z_]{3,20})$/,
  ),
}));

const TOOL: Shape = object(() => ({
  ...{
    type: TYPE,
    name,
    description: known,
    strict: known,
    defer_loading: known,
    execution: oneOf('server', 'client'),
  },
  ...{ function: TOOL, custom: TOOL, tools: TOOL, cache_control: cacheControl, allowed_callers: TYPE },
  ...{
    parameters: JSON_SCHEMA,
    input_schema: JSON_SCHEMA,
    output_schema: JSON_SCHEMA,
    format: FORMAT,
    annotations: TOOL_HINTS,
  },
  // MCP.
  ...{
    server_label: name,
    server_url: known,
    server_description: known,
    connector_id: known,
    tunnel_id: known,
  },
  ...{ authorization: known, headers: known },
  require_approval: either(oneOf('always', 'never'), object({ always: TOOL_FILTER, never: TOOL_FILTER })),
  allowed_tools: either(known, TOOL_FILTER),
  // Search.
  ...{
    vector_store_ids: ID,
    filters: FILTER,
    max_num_results: count,
    user_location: location,
    search_context_size: EFFORT,
  },
  ...{ search_content_types: oneOf('text', 'image'), ranking_options: RANKING, image_settings: known },
  // Code interpreter, computer use, shell and images.
  ...{
    container: either(ID, CONTAINER),
    environment: either(oneOf('windows', 'mac', 'linux', 'ubuntu', 'browser'), CONTAINER),
  },
  ...{
    display_width: count,
    display_height: count,
    action: oneOf('generate', 'edit', 'auto'),
    partial_images: count,
  },
  ...{
    background: oneOf('transparent', 'opaque', 'auto'),
    input_fidelity: oneOf('high', 'low'),
    model: modelName,
  },
  ...{
    moderation: oneOf('auto', 'low'),
    output_format: oneOf('png', 'webp', 'jpeg'),
    output_compression: count,
  },
  ...{ quality: oneOf('low', 'medium', 'high', 'auto'), size: matching(/^(?:auto|\d{2,5}x\d{2,5})$/) },
  input_image_mask: object({ image_url: known, file_id: ID }),
}));
const TOOL_HINTS = object(
  eachOf(['title', 'readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint', 'read_only'], known),
);
const TOOL_FILTER = object({ tool_names: known, read_only: known });
const RANKING = object({
  ranker: oneOf('auto', 'none', 'default-2024-11-15', 'default_2024_08_21'),
  score_threshold: count,
  hybrid_search: object({ embedding_weight: count, text_weight: count }),
});
const FILTER: Shape = object(() => ({
  ...{
    type: TYPE,
    key: known,
    value: known,
    filters: FILTER,
    allowed_domains: known,
    blocked_domains: known,
  },
}));
const CONTAINER: Shape = object(() => ({
  ...{
    type: TYPE,
    container_id: ID,
    file_ids: ID,
    memory_limit: oneOf('1g', '4g', '16g', '64g'),
    network_policy: NETWORK,
  },
  skills: object({
    type: TYPE,
    skill_id: ID,
    version: known,
    name: known,
    description: known,
    source: known,
    path: known,
  }),
}));
const NETWORK = object({ type: TYPE, allowed_domains: known, domain_secrets: known });

const TOOL_CHOICE: Shape = either(
  oneOf('none', 'auto', 'required', 'any', 'function'),
  object(() => ({
    ...{
      type: TYPE,
      name,
      function: object({ name }),
      custom: object({ name }),
      server_label: name,
    },
    ...{ mode: oneOf('auto', 'required'), tools: TOOL_CHOICE, allowed_tools: TOOL_CHOICE, tool: known },
  })),
);

/** The caller's own fields; what stands in them is text. */
const CALLER = eachOf(
  ['user', 'safety_identifier', 'metadata', 'prompt_cache_key', 'user_security_context'],
  known,
);

/** Settings that most of the APIs have. */
const SETTINGS: Fields = {
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
  prompt_cache_options: object({ ttl: duration, mode: known }),
  encoding_format: oneOf('float', 'base64'),
  tools: TOOL,
  tool_choice: TOOL_CHOICE,
  moderation: object({ model: modelName }),
  logit_bias: object({}),
};

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
  ...{ modalities: oneOf('text', 'audio', 'image'), audio: object({ voice: known, format: AUDIO_FORMAT }) },
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

/** What Azure's filter found: `severity`, whether it was filtered, and quotations. */
const FILTER_RESULT: Shape = object(() => ({
  ...{
    filtered: known,
    detected: known,
    severity: oneOf('safe', 'low', 'medium', 'high'),
    details: FILTER_RESULT,
    id: known,
  },
  ...{
    citation: object({ URL: known, license: known }),
    custom_blocklists: FILTER_RESULT,
    error: ERROR_SHAPE,
  },
  ...{ completion_start_offset: count, completion_end_offset: count, ungrounded_material: FILTER_RESULT },
  ...eachOf(['check_offset', 'start_offset', 'end_offset'], count),
  ...{ blocked: known, source_type: oneOf('prompt', 'completion') },
  ...eachOf(
    [
      ...['content_filter_raw', 'content_filter_offsets'],
      ...[
        'hate',
        'self_harm',
        'sexual',
        'violence',
        'jailbreak',
        'profanity',
        'protected_material_text',
        'protected_material_code',
      ],
      ...[
        'indirect_attack',
        'ungrounded_material',
        'prompt_filter_results',
        'content_filter_results',
        'task_adherence',
      ],
      ...['content_filter_result', 'protected_material', 'personally_identifiable_information'],
    ],
    FILTER_RESULT,
  ),
  prompt_index: count,
}));

const ERROR_SHAPE: Shape = object(() => ({
  ...{
    message: known,
    type: ERROR_WORD,
    code: either(ERROR_WORD, matching(/^\d{3}$/)),
    param: known,
    status: known,
  },
  innererror: object({
    code: ERROR_WORD,
    content_filter_result: FILTER_RESULT,
    content_filter_results: FILTER_RESULT,
  }),
  error: ERROR_SHAPE,
}));
const ERROR_WORD = oneOf(
  ...[
    'invalid_request_error',
    'invalid_api_key',
    'authentication_error',
    'permission_error',
    'not_found_error',
    'server_error',
  ],
  ...[
    'rate_limit_error',
    'rate_limit_exceeded',
    'insufficient_quota',
    'tokens',
    'requests',
    'content_filter',
    'model_not_found',
  ],
  ...[
    'context_length_exceeded',
    'invalid_value',
    'invalid_type',
    'missing_required_parameter',
    'unsupported_parameter',
    'error',
  ],
  ...[
    'ResponsibleAIPolicyViolation',
    'OperationNotSupported',
    'DeploymentNotFound',
    'unknown_parameter',
    'invalid_prompt',
  ],
  ...[
    'api_error',
    'overloaded_error',
    'internal_error',
    'server_is_overloaded',
    'unsupported_value',
    'invalid_json',
  ],
);

const CATEGORIES = object(
  eachOf(
    [
      ...[
        'harassment',
        'harassment/threatening',
        'sexual',
        'sexual/minors',
        'hate',
        'hate/threatening',
        'illicit',
      ],
      ...[
        'illicit/violent',
        'self-harm',
        'self-harm/intent',
        'self-harm/instructions',
        'violence',
        'violence/graphic',
      ],
    ],
    either(count, oneOf('text', 'image')),
  ),
);
const MODERATION: Shape = object(() => ({
  ...{
    type: TYPE,
    model: modelName,
    id: ID,
    flagged: known,
    input: MODERATION,
    output: MODERATION,
    results: MODERATION,
    index: count,
  },
  ...{
    categories: CATEGORIES,
    category_scores: CATEGORIES,
    category_applied_input_types: CATEGORIES,
  },
}));

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
const CHAT_ANSWER: Shape = object({
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

export const COMPLETION_SHAPES = {
  request: object({
    ...SETTINGS,
    prompt: known,
    suffix: known,
    input: known,
    messages: MESSAGE,
    response_format: FORMAT,
  }),
  response: CHAT_ANSWER,
};

export const EMBEDDING_SHAPES = {
  request: object({
    ...SETTINGS,
    input: known,
    input_type: oneOf('query', 'passage', 'document', 'search_query', 'search_document'),
  }),
  response: CHAT_ANSWER,
};

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
  prompt: object({ id: ID, version: matching(/^\d{1,4}$/), variables: known }),
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

/**
 * What is declared to be no text: keys whose values are ids, names, enumerations, settings, credentials, or data that
 * nobody can read. Whatever stands under no such key has to be inspected.
 *
 * Written down once more, apart from the readers: one that forgets a text must not excuse it here.
 */
import type { Path } from '../src/body/json/edit.ts';
import type { Provider } from '../src/config/api-uri.ts';
import type { Direction } from '../src/config/schema.ts';

/** In every API. */
const NO_TEXT = [
  ...['type', 'id', 'role', 'name', 'model', 'object', 'status', 'index', 'usage', 'created', 'detail'],
  ...['signature', 'finish_reason', 'stop_reason', 'logprobs', 'cache_control', 'service_tier'],
  ...['url', 'image_url', 'file_id', 'file_url', 'tool_choice', 'tool_call_id', 'call_id'],
];

const OPENAI = [
  // Of a stream.
  ...[
    'output_index',
    'content_index',
    'summary_index',
    'command_index',
    'item_id',
    'sequence_number',
    'obfuscation',
  ],
  ...[
    'file_data',
    'input_audio',
    'video_url',
    'audio_url',
    'embedding',
    'token_ids',
    'prompt_token_ids',
    'outcome',
  ],
  ...[
    'prompt_logprobs',
    'native_finish_reason',
    'system_fingerprint',
    'provider',
    'created_at',
    'completed_at',
  ],
  ...[
    'strict',
    'defer_loading',
    'allowed_callers',
    'execution',
    'prompt_cache_breakpoint',
    'tool_name',
    'phase',
  ],
  ...['caller', 'created_by', 'container_id', 'approval_request_id', 'fingerprint', 'encrypted_content'],
  ...['background', 'quality', 'size', 'output_format', 'extra_content', 'expires_at', 'version', 'format'],
  ...[
    'server_label',
    'server_url',
    'connector_id',
    'tunnel_id',
    'authorization',
    'headers',
    'require_approval',
  ],
  ...['allowed_tools', 'vector_store_ids', 'filters', 'ranking_options', 'search_context_size', 'container'],
  ...[
    'search_content_types',
    'action',
    'input_fidelity',
    'moderation',
    'input_image_mask',
    'country',
    'timezone',
  ],
  // What names things inside findings and actions.
  ...['chunk_id', 'hash', 'code', 'severity', 'source_type', 'filter_reason', 'syntax', 'keys', 'button'],
  ...['incomplete_details', 'billing', 'conversation', 'include', 'previous_response_id', 'prompt_cache_key'],
  ...['prompt_cache_options', 'prompt_cache_retention', 'truncation'],
  // Where an id stands for a turn, its data is what it says.
  ...['audio', 'result', 'encoding_format', 'data_sources', 'dataSources', 'context_management', 'reasoning'],
];

const ANTHROPIC = [
  ...['request_id'],
  ...[
    'tool_use_id',
    'tool_id',
    'toolset_name',
    'server_name',
    'mcp_server_name',
    'tab_id',
    'download_id',
    'caller',
  ],
  ...[
    'media_type',
    'file_type',
    'category',
    'error_code',
    'page_age',
    'retrieved_at',
    'encrypted_content',
    'data',
  ],
  ...[
    'encrypted_stdout',
    'encrypted_index',
    'recommended_model',
    'fallback_credit_token',
    'custom_id',
    'from',
    'to',
  ],
  ...[
    'clear_at',
    'mcp_servers',
    'stop',
    'log_id',
    'container',
    'tool_name',
    'transformations',
    'stop_sequence',
  ],
  ...['input_transformations', 'diagnostics', 'context_management', 'speed', 'thinking', 'request_counts'],
];

const COHERE = [
  ...['generation_id', 'response_id', 'conversation_id', 'meta', 'sources', 'document_ids', 'connector'],
  ...['connectors', 'is_finished', 'event_type', 'user_name', 'is_search_required', 'start', 'end'],
  ...['token_likelihoods'],
];

const GEMINI = [
  ...[
    'mimeType',
    'fileUri',
    'language',
    'outcome',
    'toolType',
    'scheduling',
    'willContinue',
    'thoughtSignature',
  ],
  ...[
    'thought',
    'videoMetadata',
    'mediaResolution',
    'mediaProcessing',
    'finishReason',
    'modelVersion',
    'uri',
  ],
  ...[
    'createTime',
    'usageMetadata',
    'safetyRatings',
    'trafficType',
    'responseId',
    'placeId',
    'chunkId',
    'fileId',
  ],
  ...['data', 'bytesBase64Encoded', 'taskType', 'blockReason', 'avgLogprobs', 'logprobsResult', 'license'],
  ...['author', 'statistics', 'endpoint', 'googleSearch', 'codeExecution', 'segment'],
  ...[
    'googleSearchRetrieval',
    'googleMaps',
    'enterpriseWebSearch',
    'urlContext',
    'computerUse',
    'fileSearch',
  ],
  ...['retrieval', 'exaAiSearch', 'parallelAiSearch'],
];

const BEDROCK = [
  ...['contentBlockIndex', 'p'],
  ...[
    'toolUseId',
    'format',
    'bytes',
    'redactedContent',
    's3Location',
    'stopReason',
    'completionReason',
    'reason',
  ],
  ...['schemaVersion', 'qualifiers', 'citations', 'cachePoint', 'systemTool', 'toolAddition', 'toolRemoval'],
  ...['image', 'video', 'guardContent', 'amazon-bedrock-guardrailAction', 'finishReason', 'metrics', 'trace'],
  ...['performanceConfig', 'serviceTier', 'inputTextTokenCount', 'tokens'],
  ...['prompt_token_count', 'generation_token_count', 'tokenCount', 'regex', 'confidence', 'filterStrength'],
  ...['identifier', 'policyVersionArn', 'guardrailId', 'guardrailVersion', 'guardrailArn', 'guardrailOrigin'],
  ...['guardrailOwnership', 'invokedModelId', 'actionReason'],
];

const OTHER_HOSTS = ['details', 'top_tokens', 'context', 'images', 'options'];

/** A route that carries several APIs is as lenient as each of them; one of a provider that is not here, not at all. */
const BY_PROVIDER: Partial<Record<Provider, ReadonlySet<string>>> = {
  openai: keySet(NO_TEXT, OPENAI),
  azureai: keySet(NO_TEXT, OPENAI),
  anthropic: keySet(NO_TEXT, ANTHROPIC),
  cohere: keySet(NO_TEXT, COHERE),
  gemini: keySet(NO_TEXT, GEMINI),
  bedrock: keySet(NO_TEXT, BEDROCK, ANTHROPIC, COHERE, OPENAI),
  kong: keySet(NO_TEXT, OPENAI, ANTHROPIC, COHERE, GEMINI, BEDROCK, OTHER_HOSTS),
};

/** Keys at the top of a request that hold settings. */
const SETTINGS = keySet([
  ...[
    'temperature',
    'max_tokens',
    'stream',
    'stream_options',
    'stop',
    'stop_sequences',
    'seed',
    'n',
    'top_p',
    'top_k',
  ],
  ...[
    'k',
    'p',
    'logit_bias',
    'top_logprobs',
    'max_completion_tokens',
    'presence_penalty',
    'frequency_penalty',
  ],
  ...[
    'parallel_tool_calls',
    'function_call',
    'reasoning_effort',
    'verbosity',
    'store',
    'modalities',
    'dimensions',
  ],
  ...['inferenceConfig', 'guardrailConfig', 'toolConfig', 'safetySettings', 'labels', 'echo', 'best_of'],
  ...[
    'anthropic_version',
    'anthropic_beta',
    'betas',
    'textGenerationConfig',
    'max_tokens_to_sample',
    'max_gen_len',
    'parameters',
  ],
  ...[
    'keep_alive',
    'raw_prompting',
    'return_prompt',
    'return_prompt_tokens',
    'return_chat_history',
    'safety_mode',
  ],
  ...[
    'thinking',
    'priority',
    'citation_options',
    'citation_quality',
    'prompt_truncation',
    'search_queries_only',
  ],
  ...[
    'force_single_step',
    'max_input_tokens',
    'strict_tools',
    'max_output_tokens',
    'max_tool_calls',
    'think',
    'raw',
  ],
  ...[
    'additionalModelResponseFieldPaths',
    'requestMetadata',
    'user_security_context',
    'embeddingTypes',
    'prompt_cache_key',
  ],
  ...[
    'normalize',
    'maxTokens',
    'topP',
    'stopSequences',
    'countPenalty',
    'presencePenalty',
    'frequencyPenalty',
  ],
  ...['numResults', 'minTokens', 'topKReturn', 'embeddingConfig', 'autoTruncate', 'outputDimensionality'],
  ...['mode', 'strength', 'steps', 'cfg_scale', 'width', 'height', 'truncate', 'input_type'],
]);

/** Settings and schemas: of what stands in them, descriptions and titles are prose, and sentences may be. */
const SCHEMAS = keySet([
  ...[
    'response_format',
    'output_config',
    'output_format',
    'generationConfig',
    'json_schema',
    'output_schema',
  ],
  ...['parameters', 'input_schema', 'inputSchema', 'parameter_definitions', 'environment', 'outputConfig'],
]);

/** Of what is not shown to the model as it stands, sentences alone are text. */
const DEFINITIONS = keySet(['tools', 'functions']);

/** A string there refers to something; in an object there may be text. */
const REFERENCES = keySet(['file', 'document']);

export function isDeclared(provider: Provider, direction: Direction, path: Path, text: string): boolean {
  const keys = path.flatMap((step) => (typeof step === 'string' ? [camelCase(step)] : []));
  if (keys.some((key) => BY_PROVIDER[provider]?.has(key))) return true;
  const own = keys[0] === 'requests' ? keys.slice(2) : keys;
  if (direction === 'request' && SETTINGS.has(own[0] ?? '')) return true;
  const last = keys.at(-1) ?? '';
  if (REFERENCES.has(last)) return true;
  const isProse = last === 'description' || last === 'title';
  const isDefinition = DEFINITIONS.has(own[0] ?? '') || (direction === 'response' && keys.includes('tools'));
  if (isDefinition && direction === 'request') return !isProse && !/\s/.test(text.trim());
  const isInSchema =
    isDefinition || keys.some((key) => SCHEMAS.has(key)) || (own[0] === 'text' && path.length > 1);
  return isInSchema && !isProse;
}

function keySet(...lists: string[][]): ReadonlySet<string> {
  return new Set(lists.flat().map(camelCase));
}

/** Google's JSON takes both spellings. */
function camelCase(key: string): string {
  return key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * What of Anthropic's agents and their sessions is no text: ids, times, counts and the API's own words. One shape for all of
 * them: they hold each other, and share their keys.
 *
 * @see https://docs.claude.com/en/api/beta/sessions
 */
import { RESOURCE } from '../common-shapes.ts';
import { JSON_SCHEMA } from '../json-schema-shape.ts';
import {
  all,
  count,
  either,
  idOf,
  known,
  matching,
  mediaType,
  modelName,
  object,
  oneOf,
  type Shape,
  time,
} from '../shape.ts';

const ID = idOf(
  ...[
    'agent_',
    'sesn_',
    'session_',
    'sevt_',
    'evt_',
    'env_',
    'vlt_',
    'vault_',
    'memstore_',
    'file_',
    'sthr_',
    'thr_',
  ],
  ...[
    'depl_',
    'drun_',
    'drm_',
    'dream_',
    'outc_',
    'wrun_',
    'sesrsc_',
    'cred_',
    'vcrd_',
    'toolu_',
    'mcptoolu_',
    'req_',
  ],
);

const EVENT =
  /^(?:user\.(?:message|interrupt|tool_confirmation|custom_tool_result|tool_result|define_outcome)|agent\.(?:message|thinking|tool_use|tool_result|mcp_tool_use|mcp_tool_result|custom_tool_use|thread_message_received|thread_message_sent|thread_context_compacted)|session\.(?:error|deleted|updated|usage|status_(?:idle|running|rescheduled|terminated)|thread_(?:created|status_(?:idle|running|rescheduled|terminated)))|span\.(?:model_request|outcome_evaluation)_(?:start|ongoing|end)|workflow_run\.(?:created|error|phase_started|phase_ended|status_(?:ended|running|idle))|system\.message|event_(?:start|delta))$/;

const TYPE = either(
  matching(EVENT, 'word'),
  oneOf(
    ...[
      'agent',
      'agent_with_overrides',
      'advisor',
      'session',
      'session_deleted',
      'environment',
      'environment_deleted',
    ],
    ...[
      'deployment',
      'deployment_run',
      'dream',
      'outcome_evaluation',
      'coordinator',
      'multiagent_20261001',
      'self',
    ],
    ...[
      'text',
      'image',
      'document',
      'redacted',
      'search_result',
      'base64',
      'url',
      'file',
      'content_delta',
      'object',
    ],
    ...[
      'custom',
      'anthropic',
      'agent_toolset_20260401',
      'mcp_toolset',
      'bash',
      'edit',
      'read',
      'write',
      'glob',
      'grep',
    ],
    ...[
      'web_fetch',
      'web_search',
      'always_allow',
      'always_ask',
      'auto',
      'allow',
      'ask',
      'deny',
      'enabled',
      'disabled',
    ],
    ...[
      'low',
      'medium',
      'high',
      'xhigh',
      'max',
      'approximate',
      'all',
      'none',
      'only',
      'except',
      'tool_reference',
    ],
    ...[
      'end_turn',
      'requires_action',
      'retries_exhausted',
      'budget_reached',
      'refusal',
      'retrying',
      'exhausted',
    ],
    ...[
      'terminal',
      'branch',
      'commit',
      'github_repository',
      'memory_store',
      'sessions',
      'limit',
      'cloud',
      'limited',
    ],
    ...['self_hosted', 'unrestricted', 'packages', 'cron', 'manual', 'schedule', 'error', 'create_new'],
    ...['update_existing', 'aws_role', 'service_account', 'completed', 'stopped'],
  ),
);

const ANY: Shape = object(() => ({
  type: TYPE,
  ...all('id event_id event_ids agent_id session_id session_ids environment_id deployment_id vault_id', ID),
  ...all(
    'vault_ids memory_store_id file_id skill_id outcome_id tool_use_id mcp_tool_use_id custom_tool_use_id',
    ID,
  ),
  ...all('session_thread_id from_session_thread_id to_session_thread_id workflow_run_id credential_id', ID),
  ...all('model_request_start_id outcome_evaluation_start_id first_id last_id next_page prev_page', ID),
  ...all(
    'created_at updated_at archived_at processed_at completed_at ended_at last_run_at upcoming_runs_at',
    time,
  ),
  scheduled_at: time,
  ...all(
    'version index iteration max_iterations max_content_tokens active_seconds duration_seconds amount',
    count,
  ),
  ...all('input_tokens output_tokens cache_creation_input_tokens cache_read_input_tokens', count),
  ...all('ephemeral_1h_input_tokens ephemeral_5m_input_tokens web_fetch_requests web_search_requests', count),
  model: either(
    modelName,
    object({ id: modelName, effort: either(EFFORT, ANY), speed: SPEED, inference_geo: known }),
  ),
  ...all('effort', either(EFFORT, ANY)),
  speed: SPEED,
  status: oneOf(
    ...[
      'rescheduling',
      'running',
      'idle',
      'terminated',
      'active',
      'paused',
      'pending',
      'completed',
      'failed',
      'canceled',
    ],
  ),
  scope: oneOf('organization', 'account'),
  access: oneOf('read_write', 'read_only'),
  media_type: mediaType,
  result: oneOf('allow', 'deny'),
  evaluated_permission: oneOf('allow', 'ask', 'deny'),
  category: oneOf('cyber', 'bio', 'frontier_llm', 'reasoning_extraction', 'general_harms'),
  ...all(
    'data events initial_events event delta content source resources outcome_evaluations stats usage error errors',
    ANY,
  ),
  ...all('agent agents budget max_list_cost list_cost cache_creation server_tool_use model_usage', ANY),
  ...all(
    'multiagent subagents workflows inline_agents predefined_agents advisor skills mcp_servers tools',
    ANY,
  ),
  ...all('configs default_config permission_policy url_sources user_location execution_identity', ANY),
  ...all('stop_reason stop_details retry_status rubric evaluation checkout schedule config networking', ANY),
  ...all('inputs outputs output_behavior trigger_context paused_reason citations packages phase', ANY),
  input_schema: JSON_SCHEMA,
  ...all('text name system description instructions title context message explanation deny_message', known),
  ...all('input metadata enabled is_error url mount_path authorization_token sha', known),
  ...all('mcp_server_name agent_name from_agent_name to_agent_name repository_url reason_code', known),
  ...all('allowed_domains blocked_domains allowed_hosts allow_mcp_servers allow_package_managers', known),
  ...all(
    'city country region timezone expression currency role_arn apt cargo gem go npm pip has_more',
    known,
  ),
}));

const EFFORT = oneOf('low', 'medium', 'high', 'xhigh', 'max');

const SPEED = oneOf('standard', 'fast');

export const SESSION_SHAPES = { request: ANY, response: either(ANY, RESOURCE), event: ANY };

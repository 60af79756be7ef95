/**
 * The schema of the configuration of `crowdstrike-aidr-mcp`. What it shares with the other plugins' is taken from there, so
 * that a field means the same on all of them; the first block accepts every configuration of CrowdStrike's Lua plugin.
 */
import * as z from 'zod';
import { PROTOCOL_SETTINGS } from '../protocols/names.ts';
import {
  type Config,
  enforcement,
  fieldMeta,
  identity,
  localRules,
  lua,
  optionalText,
  type SecretField,
  words,
} from './schema.ts';

const luaMcp = {
  ai_guard_api_key: lua.ai_guard_api_key,
  ai_guard_api_base_url: lua.ai_guard_api_base_url,
  app_id: lua.app_id,
  user_id: lua.user_id,
  user_name: optionalText(
    "Sent to AIDR as extra_info.user_name if Kong authenticated no consumer; otherwise AIDR gets the consumer's name.",
  ),
  source_location: lua.source_location,
  tenant_id: lua.tenant_id,
  collector_instance_id: lua.collector_instance_id,
  extra_info: lua.extra_info,
} as const;

/** A login is due, the session is gone, the transport is another one; or the request is repeated. */
const MISUNDERSTOOD_STATUSES = [401, 403, 404, 405, 408, 409, 429];

const messages = {
  protocol: z.enum(PROTOCOL_SETTINGS).default('mcp').register(fieldMeta, {
    description: 'The protocol that the clients of this route speak; auto recognises it.',
  }),
  placement: z.enum(['phases', 'relay']).default('relay').register(fieldMeta, {
    description:
      'relay sends the request through a listener of the plugin server, and inspects event streams message by message; phases inspects in Kong, and refuses event streams.',
  }),
  on_blocked_tool: z.enum(['refuse', 'remove']).default('refuse').register(fieldMeta, {
    description:
      'What happens when AIDR blocks a listing of tools: remove takes the blocked tools out of it, and refuses calls of them later.',
  }),
  error_code: z.int().min(-32_768).max(32_767).default(-32_603).register(fieldMeta, {
    description: 'The code of the JSON-RPC error with which a request is refused.',
  }),
  error_status: z
    .int()
    .min(200)
    .max(499)
    .refine((status) => status === 200 || (status >= 400 && !MISUNDERSTOOD_STATUSES.includes(status)), {
      error: 'must be 200 or 4xx, but no status that clients of MCP take for something else',
    })
    .default(200)
    .register(fieldMeta, {
      description:
        'HTTP status of a JSON-RPC error that answers a request: 200, with which clients show the error, or 4xx, such as 400, which the Lua plugin has.',
      forbidden: MISUNDERSTOOD_STATUSES,
    }),
} as const;

export const mcpConfig = z.strictObject({
  ...luaMcp,
  ...messages,
  ...identity,
  ai_guard_client_cert: enforcement.ai_guard_client_cert,
  ai_guard_client_key: enforcement.ai_guard_client_key,
  operation: enforcement.operation,
  enforcing_strategy: enforcement.enforcing_strategy,
  enforce_on_detection: enforcement.enforce_on_detection,
  timeout: enforcement.timeout,
  ssl_verify: enforcement.ssl_verify,
  max_body_size: enforcement.max_body_size,
  max_rewrite_size: enforcement.max_rewrite_size,
  on_uninspectable: enforcement.on_uninspectable,
  on_opaque: enforcement.on_opaque,
  upstream_url: enforcement.upstream_url,
  internal_route_url: enforcement.internal_route_url,
  ...localRules,
  rejection_style: words.rejection_style,
  request_failure_message: words.request_failure_message,
  response_failure_message: words.response_failure_message,
  reveal_reason: words.reveal_reason,
  log_blocked_content: words.log_blocked_content,
  expose_headers: words.expose_headers,
});

/** A validated configuration: every default filled in. */
export type McpConfig = Omit<z.infer<typeof mcpConfig>, SecretField>;

/** Of any of the plugins: what is asked of it without looking at more is what all have. */
export type AnyConfig = Config | McpConfig;

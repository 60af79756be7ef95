/**
 * From the JSON that Kong hands to an instance to a validated configuration.
 *
 * @throws ConfigurationError what Kong's own schema cannot refuse is refused here; Kong then answers every request
 * on that instance with 500.
 */
import * as z from 'zod';
import { type ClientIdentity, clientIdentity, IdentityError } from '../network/client-identity.ts';
import { type McpConfig, mcpConfig } from './mcp-schema.ts';
import { type Config, type Direction, fieldMeta, pluginConfig } from './schema.ts';

/** Names the field and what is wrong with it, never its value: values can be secrets. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

export interface LoadedConfig<Loaded = Config> {
  config: Loaded;
  key: { value: string; reference?: string };
  /** Shown to AIDR where it asks for a certificate. */
  identity?: ClientIdentity;
  /** Fields that are set but do nothing on this plugin, for one warning an instance. */
  idleFields: string[];
}

/** Ids that Kong adds to a configuration depending on the plugin's scope. */
const KONG_IDS = [
  'route_id',
  'service_id',
  'consumer_id',
  'consumer_group_id',
  'plugin_instance_name',
  '$refs',
];

/** Of a plugin for LLM APIs. */
export function loadConfig(raw: unknown, direction: Direction): LoadedConfig {
  const { own, data, reference } = parsed(raw, pluginConfig);
  const { ai_guard_api_key: value, ai_guard_client_cert, ai_guard_client_key, ...config } = data;
  refuseToldStealth(config);
  if (direction === 'request') refuseParallelPhases(config);
  return {
    config,
    key: keyOf(value, reference),
    ...identityOf(ai_guard_client_cert, ai_guard_client_key),
    idleFields: [
      ...idleFields(own, direction),
      ...idleBesideStyle(own, config, [WORDS[direction]]),
      ...idleUnderAudit(config, direction),
    ],
  };
}

/** Of the plugin for MCP, which has both directions. */
export function loadMcpConfig(raw: unknown): LoadedConfig<McpConfig> {
  const { own, data, reference } = parsed(raw, mcpConfig);
  const { ai_guard_api_key: value, ai_guard_client_cert, ai_guard_client_key, ...config } = data;
  refuseToldStealth(config);
  return {
    config,
    key: keyOf(value, reference),
    ...identityOf(ai_guard_client_cert, ai_guard_client_key),
    idleFields: idleBesideStyle(own, config, Object.values(WORDS)),
  };
}

function parsed<Schema extends z.ZodObject>(raw: unknown, schema: Schema) {
  if (typeof raw !== 'object' || raw === null)
    throw new ConfigurationError('the configuration is not an object');
  const own = Object.fromEntries(
    Object.entries(raw).filter(([name, value]) => !isKongsKey(name) && value !== null && value !== undefined),
  );
  const result = schema.safeParse(withLuaTables(own));
  if (!result.success) throw new ConfigurationError(describe(result.error));
  return { own, data: result.data, reference: referenceOf('ai_guard_api_key', raw) };
}

function keyOf(value: string, reference: string | undefined): LoadedConfig['key'] {
  refuseUnresolved('ai_guard_api_key', value);
  return { value, ...(reference === undefined ? {} : { reference }) };
}

/** @returns the `{vault://…}` reference that a field's value came from */
function referenceOf(field: string, raw: object): string | undefined {
  const references: unknown = '$refs' in raw ? raw.$refs : undefined;
  if (typeof references !== 'object' || references === null) return undefined;
  const reference: unknown = Reflect.get(references, field);
  return typeof reference === 'string' ? reference : undefined;
}

function isKongsKey(name: string): boolean {
  return name.startsWith('__') || KONG_IDS.includes(name);
}

const MAPS: ReadonlySet<string> = new Set(['extra_info', 'metadata_from_headers']);

/** Lua has one kind of table: an empty list can arrive as `{}` and an empty map as `[]`. */
function withLuaTables(own: Record<string, unknown>): Record<string, unknown> {
  const fixed = { ...own };
  for (const [name, value] of Object.entries(own)) {
    if (typeof value !== 'object' || value === null || Object.keys(value).length > 0) continue;
    fixed[name] = MAPS.has(name) ? {} : name.endsWith('_patterns') ? [] : value;
  }
  return fixed;
}

/** zod's messages name types and limits; `input` values never enter them. */
function describe(error: z.ZodError): string {
  return error.issues
    .map((issue) => `${issue.path.join('.') || 'configuration'}: ${issue.message}`)
    .join('; ');
}

function refuseUnresolved(field: string, value: string): void {
  if (value.startsWith('{vault://')) {
    throw new ConfigurationError(`${field}: the vault reference could not be resolved`);
  }
}

function identityOf(cert: string | undefined, key: string | undefined): { identity?: ClientIdentity } {
  if (cert === undefined && key === undefined) return {};
  if (cert === undefined || key === undefined)
    throw new ConfigurationError('ai_guard_client_key: set it and ai_guard_client_cert, or none of them');
  refuseUnresolved('ai_guard_client_cert', cert);
  refuseUnresolved('ai_guard_client_key', key);
  try {
    return { identity: clientIdentity(cert, key) };
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error;
    throw new ConfigurationError(`ai_guard_client_key: ${error.message}`);
  }
}

type Styled = Pick<Config, 'rejection_style' | 'expose_headers'>;

function refuseToldStealth({ rejection_style: style, expose_headers: isExposed }: Styled): void {
  if (style !== 'stealth' || !isExposed) return;
  throw new ConfigurationError(
    'expose_headers: cannot be set together with rejection_style stealth, because it tells clients the outcome',
  );
}

/** Outside the relay nobody could hold an answer back. */
function refuseParallelPhases({ request_check: check, placement }: Config): void {
  if (check !== 'parallel' || placement === 'relay') return;
  throw new ConfigurationError('request_check: parallel needs placement relay');
}

/** An audit waits for no verdict. */
function idleUnderAudit(
  { request_check: check, enforcing_strategy: strategy }: Config,
  direction: Direction,
): string[] {
  return direction === 'request' && check === 'parallel' && strategy === 'audit' ? ['request_check'] : [];
}

const WORDS: Record<Direction, string> = {
  request: 'request_failure_message',
  response: 'response_failure_message',
};

/** Some styles have a status and words of their own. */
function idleBesideStyle(
  own: Record<string, unknown>,
  { rejection_style: style }: Styled,
  words: readonly string[],
): string[] {
  const idle = {
    provider: [],
    plain: [],
    stealth: ['block_status', 'uninspected_status', 'reveal_reason', ...words],
    completion: ['block_status'],
  }[style];
  return idle.filter((name) => isSet(name, own[name]));
}

/** Kong fills in every default, so only another value is the operator's. */
function idleFields(own: Record<string, unknown>, direction: Direction): string[] {
  return Object.entries(own)
    .filter(([name, value]) => {
      const { direction: onlyDirection = direction, isUnused = false } = fieldMeta.get(typeOf(name)) ?? {};
      return isUnused || (onlyDirection !== direction && isSet(name, value));
    })
    .map(([name]) => name);
}

function isSet(name: string, value: unknown): boolean {
  const type = typeOf(name);
  return value !== undefined && !(type instanceof z.ZodDefault && type.def.defaultValue === value);
}

function typeOf(name: string) {
  return pluginConfig.shape[name as keyof typeof pluginConfig.shape];
}

/** From Kong's configuration JSON to what an instance needs for its inspections. */
import { hash } from 'node:crypto';
import { AidrClient } from '../aidr/client.ts';
import { CollectorKey } from '../aidr/collector-key.ts';
import { endpointOf } from '../aidr/endpoint.ts';
import type { VerdictReader } from '../aidr/session.ts';
import { readVerdict } from '../aidr/verdict.ts';
import { ConfigurationError, type LoadedConfig, loadConfig, loadMcpConfig } from '../config/load.ts';
import type { AnyConfig, McpConfig } from '../config/mcp-schema.ts';
import { baseUrlOf } from '../config/regions.ts';
import type { Direction } from '../config/schema.ts';
import { routeFormats } from '../formats/registry.ts';
import { type ClientIdentity, identityOfProcess } from '../network/client-identity.ts';
import { historyOfProcess } from './history/history.ts';
import type { AnyInspector, Inspector } from './inspector.ts';
import { localRules } from './patterns/local-rules.ts';

/** An inspector in the thread that has the connections, the circuit and the key. */
export interface AnyHostInspector<Settings extends AnyConfig = AnyConfig> extends AnyInspector<Settings> {
  aidr: AidrClient;
}

export interface HostInspector extends Inspector {
  aidr: AidrClient;
}

export type HostMessageInspector = AnyHostInspector<McpConfig>;

export interface CreatedInspector<Kind extends AnyHostInspector = HostInspector> {
  inspector: Kind;
  /** What the operator should read once; no values. */
  warnings: string[];
}

/**
 * @param read what AIDR answers, here or elsewhere
 * @param warn tells the operator what is learned later; no values
 * @throws ConfigurationError Kong then answers every request on the instance with 500
 */
export function createInspector(
  raw: unknown,
  direction: Direction,
  read: VerdictReader = readVerdict,
  warn: (text: string) => void = () => undefined,
): CreatedInspector {
  const loaded = loadConfig(raw, direction);
  const { config } = loaded;
  const { provider, api_uri: apiUri } = config.upstream_llm;
  const formats = routeFormats(provider, apiUri);
  if (!formats) {
    throw new ConfigurationError(
      `upstream_llm.api_uri: ${apiUri} of ${provider} is not supported by this version`,
    );
  }
  const rules = direction === 'request' ? localRules(config) : undefined;
  return {
    inspector: { ...base(loaded, read, warn), formats, localRules: rules },
    warnings: warningsOf(loaded),
  };
}

/**
 * Of the plugin for MCP, which has both directions.
 *
 * @throws ConfigurationError as above
 */
export function createMessageInspector(
  raw: unknown,
  read: VerdictReader = readVerdict,
  warn: (text: string) => void = () => undefined,
): CreatedInspector<HostMessageInspector> {
  const loaded = loadMcpConfig(raw);
  const rules = localRules(loaded.config);
  return { inspector: { ...base(loaded, read, warn), localRules: rules }, warnings: warningsOf(loaded) };
}

function base<Settings extends AnyConfig>(
  { config, key, identity = identityOfProcess() }: LoadedConfig<Settings>,
  read: VerdictReader,
  warn: (text: string) => void,
) {
  const collectorKey = new CollectorKey(key.value, key.reference);
  const endpoint = endpointOf(baseUrlOf(config.ai_guard_api_base_url), config.ssl_verify, identity);
  return {
    config,
    id: idOf(config, collectorKey, identity),
    aidr: new AidrClient(endpoint, collectorKey, read, (fields) => warn(unknownToAidr(fields))),
    history: historyOfProcess,
  };
}

function warningsOf({ config, idleFields }: LoadedConfig<AnyConfig>): string[] {
  return [
    ...idleFields.map((name) => `${name} is set but has no effect on this plugin`),
    ...(config.log_blocked_content ? ['log_blocked_content is true: records hold blocked texts'] : []),
  ];
}

function unknownToAidr(pointers: readonly string[]): string {
  const fields = pointers.map((pointer) => pointer.slice(1).replace('/', '.'));
  return `AIDR does not know ${fields.join(', ')}: left out of all calls from now on`;
}

/** Lua tables have no order, so the same map can come in another one. */
function idOf(config: AnyConfig, key: CollectorKey, identity: ClientIdentity | undefined): string {
  const maps = {
    extra_info: inOrder(config.extra_info),
    metadata_from_headers: inOrder(config.metadata_from_headers),
  };
  return hash('sha256', JSON.stringify([key.id, identity?.id, { ...config, ...maps }]), 'base64url');
}

function inOrder(map: Readonly<Record<string, string>> = {}): [string, string][] {
  return Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
}

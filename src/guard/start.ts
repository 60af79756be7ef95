/** From Kong's configuration JSON to what an instance needs for its inspections. */
import { hash } from 'node:crypto';
import { AidrClient } from '../aidr/client.ts';
import { CollectorKey } from '../aidr/collector-key.ts';
import { endpointOf } from '../aidr/endpoint.ts';
import { ConfigurationError, loadConfig } from '../config/load.ts';
import type { Config, Leg } from '../config/schema.ts';
import { routeFormats } from '../wire/registry.ts';
import type { Guard } from './guard.ts';
import { historyOfProcess } from './history.ts';
import { localRules } from './local-rules.ts';

export interface StartedGuard {
  guard: Guard;
  /** What the guard asks. */
  client: AidrClient;
  /** What the operator should read once; no values. */
  warnings: string[];
}

/** @throws ConfigurationError Kong then answers every request on the instance with 500 */
export function startGuard(raw: unknown, leg: Leg): StartedGuard {
  const { config, key, idleFields } = loadConfig(raw, leg);
  const { provider, api_uri: apiUri } = config.upstream_llm;
  const formats = routeFormats(provider, apiUri);
  if (!formats) {
    throw new ConfigurationError(
      `upstream_llm.api_uri: ${apiUri} of ${provider} is not supported by this version`,
    );
  }
  const collectorKey = new CollectorKey(key.value, key.reference);
  const client = new AidrClient(endpointOf(config.ai_guard_api_base_url, config.ssl_verify), collectorKey);
  return {
    guard: {
      config,
      id: idOf(config, collectorKey),
      aidr: client,
      history: historyOfProcess,
      formats,
      localRules: leg === 'request' ? localRules(config) : undefined,
    },
    client,
    warnings: [
      ...idleFields.map((name) => `${name} is set but has no effect on this plugin`),
      ...(config.log_blocked_content ? ['log_blocked_content is true: records hold blocked texts'] : []),
    ],
  };
}

/** Lua tables have no order, so the same map can come in another one. */
function idOf(config: Config, key: CollectorKey): string {
  const extraInfo = Object.entries(config.extra_info ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return hash('sha256', JSON.stringify([key.id, { ...config, extra_info: extraInfo }]), 'base64url');
}

/** From Kong's configuration JSON to what an instance needs for its inspections. */
import { ConfigurationError, loadConfig } from '../config/load.ts';
import type { Leg } from '../config/schema.ts';
import { routeFormats } from '../wire/registry.ts';
import type { Guard } from './inspect.ts';

export interface StartedGuard {
  guard: Guard;
  /** What the operator should read once; no values. */
  warnings: string[];
}

/** @throws ConfigurationError Kong then answers every request on the instance with 500 */
export function startGuard(raw: unknown, leg: Leg): StartedGuard {
  const { config, idleFields } = loadConfig(raw, leg);
  const { provider, api_uri: apiUri } = config.upstream_llm;
  const formats = routeFormats(provider, apiUri);
  if (!formats) {
    throw new ConfigurationError(
      `upstream_llm.api_uri: ${apiUri} of ${provider} is not supported by this version`,
    );
  }
  const endpoint = {
    baseUrl: config.ai_guard_api_base_url,
    key: config.ai_guard_api_key,
    verifyTls: config.ssl_verify,
  };
  return {
    guard: { config, endpoint, formats },
    warnings: idleFields.map((name) => `${name} is set but has no effect on this plugin`),
  };
}

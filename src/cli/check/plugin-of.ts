/** What runs on some traffic, and how it is set. */
import { PLUGIN_NAMES } from '../../config/plugin-name.ts';
import type { Direction } from '../../config/schema.ts';
import { isTable, type PluginEntity, type Traffic } from './model.ts';
import { AI_PROXIES } from './neighbours.ts';

export const DIRECTIONS: readonly Direction[] = ['request', 'response'];

export function pluginOf(traffic: Traffic, direction: Direction): PluginEntity | undefined {
  return traffic.candidates(PLUGIN_NAMES[direction])[0];
}

/** Whether one of our plugins runs on it. */
export function isInspected(traffic: Traffic): boolean {
  return DIRECTIONS.some((direction) => pluginOf(traffic, direction));
}

export function aiProxyOf(traffic: Traffic): PluginEntity | undefined {
  return AI_PROXIES.flatMap((name) => traffic.candidates(name)[0] ?? [])[0];
}

export function strategyOf({ config }: PluginEntity): string {
  return typeof config.enforcing_strategy === 'string' ? config.enforcing_strategy : 'enforce';
}

export function isAudit(plugin: PluginEntity): boolean {
  return strategyOf(plugin) === 'audit';
}

/** Whether the prompt is inspected as the provider will read it, in the relay. */
export function isRelayed(traffic: Traffic): boolean {
  const plugin = pluginOf(traffic, 'request');
  return plugin?.config.placement === 'relay';
}

export function isLive(traffic: Traffic): boolean {
  return pluginOf(traffic, 'response')?.config.response_mode === 'live';
}

/** As configured, whether or not there is such a provider. */
export function providerOf({ config }: PluginEntity): string | undefined {
  const { upstream_llm: upstream } = config;
  return isTable(upstream) && typeof upstream.provider === 'string' ? upstream.provider : undefined;
}

/** What runs on some traffic, and how it is set. */
import { MCP_PLUGIN_NAME, PLUGIN_NAMES } from '../../config/plugin-name.ts';
import type { Direction } from '../../config/schema.ts';
import { isTable, type PluginEntity, type Traffic } from './model.ts';
import { AI_PROXIES } from './neighbours.ts';

export const DIRECTIONS: readonly Direction[] = ['request', 'response'];

/** The plugin for MCP has both directions. */
export function pluginOf(traffic: Traffic, direction: Direction): PluginEntity | undefined {
  return traffic.candidates(PLUGIN_NAMES[direction])[0] ?? traffic.candidates(MCP_PLUGIN_NAME)[0];
}

export function isForMcp({ name }: PluginEntity): boolean {
  return name === MCP_PLUGIN_NAME;
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
  const usual = plugin && isForMcp(plugin) ? 'relay' : 'phases';
  return (plugin?.config.placement ?? usual) === 'relay';
}

export function isLive(traffic: Traffic): boolean {
  return pluginOf(traffic, 'response')?.config.response_mode === 'live';
}

/** As configured, whether or not there is such a provider. */
export function providerOf(plugin: PluginEntity): string | undefined {
  const { upstream_llm: upstream, protocol } = plugin.config;
  if (isForMcp(plugin)) return typeof protocol === 'string' ? protocol : 'mcp';
  return isTable(upstream) && typeof upstream.provider === 'string' ? upstream.provider : undefined;
}

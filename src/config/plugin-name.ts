/** What Kong's configuration calls each of our plugins. */
import type { Direction } from './schema.ts';

/** The plugin for MCP and its kin: it inspects both directions. */
export const MCP_PLUGIN_NAME = 'crowdstrike-aidr-mcp';

export const PLUGIN_NAMES = {
  request: 'crowdstrike-aidr-request',
  response: 'crowdstrike-aidr-response',
} as const satisfies Record<Direction, string>;

export type PluginName = (typeof PLUGIN_NAMES)[Direction] | typeof MCP_PLUGIN_NAME;

/** All of them. */
export const ALL_PLUGIN_NAMES: readonly PluginName[] = [
  PLUGIN_NAMES.request,
  PLUGIN_NAMES.response,
  MCP_PLUGIN_NAME,
];

/** @returns undefined for a plugin that is not ours, and for the one that has both directions */
export function directionOf(plugin: string): Direction | undefined {
  if (plugin === PLUGIN_NAMES.request) return 'request';
  return plugin === PLUGIN_NAMES.response ? 'response' : undefined;
}

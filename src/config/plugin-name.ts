/** What Kong's configuration calls each of our plugins. */
import type { Direction } from './schema.ts';

export const PLUGIN_NAMES = {
  request: 'crowdstrike-aidr-request',
  response: 'crowdstrike-aidr-response',
} as const satisfies Record<Direction, string>;

export type PluginName = (typeof PLUGIN_NAMES)[Direction];

/** @returns undefined for a plugin that is not ours */
export function directionOf(plugin: string): Direction | undefined {
  if (plugin === PLUGIN_NAMES.request) return 'request';
  return plugin === PLUGIN_NAMES.response ? 'response' : undefined;
}

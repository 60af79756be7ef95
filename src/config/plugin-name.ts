/** What Kong's configuration calls each leg's plugin. */
import type { Leg } from './schema.ts';

export const PLUGIN_NAMES = {
  request: 'crowdstrike-aidr-request',
  response: 'crowdstrike-aidr-response',
} as const satisfies Record<Leg, string>;

export type PluginName = (typeof PLUGIN_NAMES)[Leg];

/** @returns undefined for a plugin that is not ours */
export function legOf(plugin: string): Leg | undefined {
  if (plugin === PLUGIN_NAMES.request) return 'request';
  return plugin === PLUGIN_NAMES.response ? 'response' : undefined;
}

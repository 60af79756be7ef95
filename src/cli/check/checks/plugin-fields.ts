/** Fields of Kong Enterprise by which a plugin is skipped or runs elsewhere in the order. */
import { ALL_PLUGIN_NAMES } from '../../../config/plugin-name.ts';
import { BATCH_HOOK } from '../../../kong/batch-hook-plugin.ts';
import type { Finding } from '../finding.ts';
import { isGuard } from '../guard-markers.ts';
import { type Deployment, isTable, type PluginEntity, stringsOf } from '../model.ts';

export function pluginFields({ configuration }: Deployment): Finding[] {
  const enabled = configuration.plugins.filter(({ fields }) => fields.enabled !== false);
  const ours = enabled.filter(isOurs);
  return ours.length === 0 ? [] : [...ours.flatMap(conditions), ...enabled.flatMap(orderings)];
}

function conditions(plugin: PluginEntity): Finding[] {
  const { place, fields } = plugin;
  if (isUnset(fields.condition)) return [];
  const isHook = plugin.name === 'pre-function';
  const problem = isHook
    ? 'where its condition is not met, the plugins ask Kong one question at a time'
    : 'where its condition is not met, traffic passes uninspected';
  return [
    {
      code: 'plugin-condition',
      level: isHook ? 'warning' : 'error',
      place: place.at('condition'),
      problem,
      remedy: 'take it out, and give traffic that needs no inspection a route of its own',
    },
  ];
}

/** Ours are made for the places that they have; another plugin can be moved around them. */
function orderings(plugin: PluginEntity): Finding[] {
  const { place, fields } = plugin;
  if (isUnset(fields.ordering)) return [];
  const isOwn = isOurs(plugin);
  if (!isOwn && !namesOurs(fields.ordering)) return [];
  const problem = isOwn
    ? 'ordering moves it from where it has to run'
    : 'ordering moves it around the AIDR plugins or the guard, so what it adds or answers may be inspected by nobody';
  return [
    {
      code: 'plugin-ordering',
      level: 'error',
      place: place.at('ordering'),
      problem,
      remedy: 'take it out',
    },
  ];
}

function isOurs(plugin: PluginEntity): boolean {
  if (ALL_PLUGIN_NAMES.some((name) => name === plugin.name)) return true;
  if (plugin.name === 'post-function') return isGuard(plugin);
  return (
    plugin.name === 'pre-function' &&
    stringsOf(plugin.config.access).some((lua) => lua.includes(BATCH_HOOK.key))
  );
}

function namesOurs(ordering: unknown): boolean {
  const names = [...ALL_PLUGIN_NAMES, 'post-function'] as string[];
  const sides = isTable(ordering) ? [ordering.before, ordering.after].filter(isTable) : [];
  return sides.some((side) =>
    Object.values(side)
      .flatMap(stringsOf)
      .some((name) => names.includes(name)),
  );
}

function isUnset(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

/** Names that are nearly those of our plugins, or of the plugin that is the guard: Kong refuses them, or they are another's. */
import { ALL_PLUGIN_NAMES } from '../../../config/plugin-name.ts';
import { didYouMean } from '../did-you-mean.ts';
import type { Finding } from '../finding.ts';
import type { Deployment } from '../model.ts';
import { KNOWN_PLUGINS } from '../neighbours.ts';

export function misspeltPlugins({ configuration }: Deployment): Finding[] {
  const ours: readonly string[] = ALL_PLUGIN_NAMES;
  return configuration.plugins.flatMap(({ name, place }): Finding[] => {
    if (ours.includes(name) || KNOWN_PLUGINS.has(name)) return [];
    const remedy = didYouMean(name, [...ours, 'post-function', 'pre-function']);
    if (!remedy) return [];
    const problem = 'Kong has no plugin of this name';
    return [{ code: 'misspelt-plugin', level: 'error', place: place.at('name'), problem, remedy }];
  });
}

/** Traffic that one of the directions never sees. */
import { PLUGIN_NAMES } from '../../../config/plugin-name.ts';
import type { Finding } from '../finding.ts';
import type { Deployment } from '../model.ts';
import { CACHES } from '../neighbours.ts';
import { pluginOf } from '../plugin-of.ts';

export function oneDirectionOnly({ traffic }: Deployment): Finding[] {
  return traffic.flatMap((one): Finding[] => {
    const [request, response] = [pluginOf(one, 'request'), pluginOf(one, 'response')];
    if (!request === !response) return [];
    const [subject, name] = request ? ['answers', PLUGIN_NAMES.response] : ['prompts', PLUGIN_NAMES.request];
    const problem = `${subject} are not inspected`;
    return [
      { code: 'one-direction-only', level: 'warning', place: one.place, problem, remedy: `add ${name}` },
    ];
  });
}

export function cachedAnswers({ traffic }: Deployment): Finding[] {
  return traffic.flatMap((one): Finding[] => {
    if (!pluginOf(one, 'response')) return [];
    return CACHES.flatMap((name) => one.candidates(name)[0] ?? []).map(({ place }) => ({
      code: 'stale-answers',
      level: 'warning',
      place,
      problem: `what it has stored is not inspected again on ${one.place}, whatever AIDR's policy says by then`,
      remedy: 'empty the cache when a policy or this configuration changes',
    }));
  });
}

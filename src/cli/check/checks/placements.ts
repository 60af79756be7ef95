/** A request plugin that sends its requests through the relay, and a response plugin that waits for them elsewhere. */
import type { Finding } from '../finding.ts';
import type { Deployment } from '../model.ts';
import { isAudit, isForMcp, isLive, isRelayed, pluginOf } from '../plugin-of.ts';

export function placements({ traffic }: Deployment): Finding[] {
  return traffic.flatMap((one): Finding[] => {
    const response = pluginOf(one, 'response');
    if (!response || isForMcp(response) || isAudit(response) || !isRelayed(one) || isLive(one)) return [];
    if (response.config.placement === 'relay') return [];
    const problem = `placement is not relay, as it is for the prompts of ${one.place}, so each of its requests gets 500`;
    const remedy = 'placement: relay on both plugins';
    return [{ code: 'different-placements', level: 'error', place: response.place, problem, remedy }];
  });
}

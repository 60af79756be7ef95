/** Requests that are inspected in the relay: whether the guard sees that they go there, and whether both plugins agree. */
import { PLUGIN_NAMES } from '../../../config/plugin-name.ts';
import { MARKERS } from '../../../kong/guard-plugin.ts';
import type { Finding } from '../finding.ts';
import { isGuard } from '../guard-markers.ts';
import type { Deployment, PluginEntity, Traffic } from '../model.ts';

export function relay({ traffic }: Deployment): Finding[] {
  return traffic.flatMap((one) => [...olderGuard(one), ...onePlacement(one)]);
}

/** Whether some prompt or answer of it goes through the relay. */
export function isRelayed(traffic: Traffic): boolean {
  return plugins(traffic).some(
    ({ config }) => config.placement === 'relay' || config.response_mode === 'live',
  );
}

function plugins(traffic: Traffic): PluginEntity[] {
  return Object.values(PLUGIN_NAMES).flatMap((name) => traffic.candidates(name)[0] ?? []);
}

function olderGuard(traffic: Traffic): Finding[] {
  const [guard] = traffic.candidates('post-function');
  if (!guard || !isGuard(guard) || !isRelayed(traffic)) return [];
  const access = [guard.config.access].flat().filter((lua) => typeof lua === 'string');
  if (access.some((lua) => lua.includes(MARKERS.relay))) return [];
  const problem = `it is older than this version: on ${traffic.place} a plugin can send requests around the relay`;
  return [
    {
      level: 'warning',
      place: guard.place,
      problem,
      remedy: 'replace it with what `aidr-kong guard` prints',
    },
  ];
}

/** What the relay finds in a prompt, a response plugin in Kong's phases does not learn. */
function onePlacement(traffic: Traffic): Finding[] {
  const [request] = traffic.candidates(PLUGIN_NAMES.request);
  const [response] = traffic.candidates(PLUGIN_NAMES.response);
  if (request?.config.placement !== 'relay' || !response) return [];
  const { placement, response_mode: mode, enforcing_strategy: strategy } = response.config;
  if (placement === 'relay' || mode === 'live' || strategy === 'audit') return [];
  const problem = `${request.place} has placement relay: every request of ${traffic.place} gets 500`;
  return [{ level: 'error', place: response.place, problem, remedy: 'placement: relay here, too' }];
}

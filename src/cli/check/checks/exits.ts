/** Plugins that answer by themselves, by `kong.response.exit`: the guard refuses that, unless it was told otherwise. */

import { PLUGIN_NAMES } from '../../../config/plugin-name.ts';
import type { ExitBand } from '../../../kong/guard-plugin.ts';
import type { Finding } from '../finding.ts';
import { readGuard } from '../guard-markers.ts';
import type { Deployment, PluginEntity, Traffic } from '../model.ts';

/** Where they stand. */
const ANSWERING: Record<string, ExitBand> = {
  'ai-response-transformer': 'below-request',
  'ai-semantic-cache': 'below-request',
  'aws-lambda': 'below-response',
  'azure-functions': 'below-response',
  'forward-proxy': 'below-response',
  'proxy-cache-advanced': 'below-response',
  'proxy-cache': 'proxy-cache',
  'request-termination': 'below-response',
  mocking: 'below-response',
};

export const ANSWERING_PLUGINS = Object.keys(ANSWERING);

export function exits({ traffic }: Deployment): Finding[] {
  return traffic.flatMap(exitsOf);
}

function exitsOf(traffic: Traffic): Finding[] {
  const [guard] = traffic.candidates('post-function');
  const [request] = traffic.candidates(PLUGIN_NAMES.request);
  const [response] = traffic.candidates(PLUGIN_NAMES.response);
  const allowed = guard && readGuard(guard).exits;
  if (!allowed || !response || isAudit(response)) return [];
  return Object.entries(ANSWERING).flatMap(([name, band]): Finding[] => {
    const [plugin] = traffic.candidates(name);
    if (!plugin || mayAnswer(band, allowed[band])) return [];
    const isUnread = band === 'below-request' && (!request || isAudit(request));
    const finding = isUnread ? UNREAD : REFUSED;
    const problem = `${finding.problem} on ${traffic.place}`;
    return [{ level: 'warning', place: plugin.place, problem, remedy: finding.remedy(band) }];
  });
}

const REFUSED = {
  problem: 'the guard refuses what it answers by itself',
  remedy: (band: ExitBand) => `\`aidr-kong guard --allow-exit ${band}=…\` lets it pass uninspected`,
};

/** Without the request plugin nothing tells such a plugin from one that stands above both; an audit stops nothing. */
const UNREAD = {
  problem: 'what it answers by itself passes uninspected',
  remedy: () => `add ${PLUGIN_NAMES.request}, with the strategy of ${PLUGIN_NAMES.response}`,
};

function isAudit({ config }: PluginEntity): boolean {
  return config.enforcing_strategy === 'audit';
}

/** Between the two plugins errors pass anyway; what counts there are answers. */
function mayAnswer(band: ExitBand, statuses: string): boolean {
  return band === 'below-request' ? /(^| )2/.test(statuses) : statuses !== '';
}

/** Providers that the service does not lead to: their bodies have another shape, and are refused. */
import { hostsOf, providersAt } from '../addresses.ts';
import type { Finding } from '../finding.ts';
import type { Deployment } from '../model.ts';
import { aiProxyOf, DIRECTIONS, isForMcp, pluginOf, providerOf } from '../plugin-of.ts';

export function providerHosts({ traffic, configuration }: Deployment): Finding[] {
  return traffic.flatMap((one) => {
    const hosts = aiProxyOf(one) ? [] : hostsOf(one.scope.service, configuration);
    const possible = hosts
      .map(providersAt)
      .filter((providers) => providers !== undefined && providers.length > 0);
    return DIRECTIONS.flatMap((direction): Finding[] => {
      const plugin = pluginOf(one, direction);
      const provider = plugin && providerOf(plugin);
      if (!plugin || isForMcp(plugin) || !provider || provider === 'kong') return [];
      const wrong = possible.find((providers) => !providers?.some((name) => name === provider));
      if (!wrong) return [];
      const problem = `upstream_llm.provider does not fit the host of ${one.place}, which has the API of ${wrong[0]}`;
      const remedy = `upstream_llm.provider: ${wrong[0]}, or another service`;
      const place = plugin.place.at('config', 'upstream_llm', 'provider');
      return [{ code: 'provider-host', level: 'warning', place, problem, remedy }];
    });
  });
}

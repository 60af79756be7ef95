/** The settings by which Kong starts and asks plugin servers, as it takes them from its environment. */
import type { PluginServerCommands } from '../plugin-servers.ts';
import { METRICS } from './metrics.ts';

/** What our own plugin server is told beside its sockets. */
export function serverOptions(setup: {
  isObserved: boolean;
  caFile: string | undefined;
  further: string[];
}): string[] {
  const { isObserved, caFile, further } = setup;
  return [...(isObserved ? METRICS : []), ...(caFile === undefined ? [] : ['--ca-file', caFile]), ...further];
}

export function pluginServerSettings(servers: PluginServerCommands[]): Record<string, string> {
  const names = servers.map(({ plugin }) => plugin.replace('crowdstrike-', ''));
  const perServer = servers.flatMap((server, index) => {
    const name = `KONG_PLUGINSERVER_${names[index]?.toUpperCase().replaceAll('-', '_')}`;
    return [
      [`${name}_SOCKET`, server.socket],
      ...(server.startCommand ? [[`${name}_START_CMD`, server.startCommand.join(' ')]] : []),
      [`${name}_QUERY_CMD`, server.queryCommand.join(' ')],
    ];
  });
  return { KONG_PLUGINSERVER_NAMES: names.join(','), ...Object.fromEntries(perServer) };
}

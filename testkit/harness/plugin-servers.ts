/** The commands by which a gateway starts and queries the plugin servers of the built plugins. */
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

export const PLUGINS = [
  'crowdstrike-aidr-request',
  'crowdstrike-aidr-response',
  'crowdstrike-aidr-mcp',
] as const;

/** `aidr` is this project's own, `stock` is kong-pdk's. */
export type PluginServerKind = 'aidr' | 'stock';

export interface PluginServerCommands {
  plugin: string;
  socket: string;
  /** Absent where another server's process serves this socket too. */
  startCommand?: string[];
  queryCommand: string[];
}

const root = resolve(import.meta.dirname, '../..');

/**
 * Paths are absolute throughout: Kong starts plugin servers with an empty environment, without PATH.
 *
 * @param options of our own server's command line; the stock one knows none of them
 * @param configuration of Kong: stock servers of plugins that it does not name are left out
 */
export function pluginServers(
  kind: PluginServerKind,
  socketFolder: string,
  options: string[] = [],
  configuration?: string,
): PluginServerCommands[] {
  if (kind === 'aidr') return aidrPluginServer(socketFolder, options);
  const isUsed = (plugin: string) => configuration?.includes(plugin) ?? true;
  return stockPluginServers(socketFolder, PLUGINS.filter(isUsed));
}

/** One server for both plugins: only the first entry starts it. */
function aidrPluginServer(socketFolder: string, options: string[]): PluginServerCommands[] {
  const server = [process.execPath, join(root, 'dist/server/aidr-pluginserver.cjs')];
  const socketOf = (plugin: string) => join(socketFolder, `${plugin}.sock`);
  const sockets = PLUGINS.flatMap((plugin) => ['--socket', `${plugin}=${socketOf(plugin)}`]);
  return PLUGINS.map((plugin, index) => ({
    plugin,
    socket: socketOf(plugin),
    ...(index === 0 ? { startCommand: [...server, '--replace', '--detach', ...sockets, ...options] } : {}),
    queryCommand: [...server, '--dump', plugin],
  }));
}

/** One process for each plugin: Kong takes only the first plugin of a server. It takes a second of computing to start. */
function stockPluginServers(socketFolder: string, plugins: readonly string[]): PluginServerCommands[] {
  const kongPdk = dirname(createRequire(import.meta.url).resolve('kong-pdk/package.json'));
  const server = [process.execPath, join(kongPdk, 'bin/kong-js-pluginserver')];
  return plugins.map((plugin) => {
    const directory = ['--plugins-directory', join(root, 'dist/plugins', plugin)];
    const socketName = `${plugin}.sock`;
    return {
      plugin,
      socket: join(socketFolder, socketName),
      startCommand: [...server, ...directory, '--kong-prefix', socketFolder, '--sock-name', socketName],
      queryCommand: [...server, ...directory, '--dump-all-plugins'],
    };
  });
}

/** The entries of `pluginserver_names`, as Kong reads them. */
import { ALL_PLUGIN_NAMES, type PluginName } from '../../config/plugin-name.ts';
import type { Place } from './place.ts';
import type { Settings } from './settings.ts';

export interface PluginServer {
  name: string;
  /** The path to which Kong connects. */
  socket: string;
  startCommand: string | undefined;
  queryCommand: string | undefined;
  /** Which of our plugins the query command describes; undefined when it does not say. */
  plugin: PluginName | undefined;
  /** Where a setting of this server stands. */
  place(setting: 'socket' | 'start_cmd' | 'query_cmd'): Place;
}

const DEFAULT_PREFIX = '/usr/local/kong';

export function pluginServersOf(settings: Settings): PluginServer[] {
  return listOf(settings, 'pluginserver_names').map((entry) => {
    const name = entry.toLowerCase();
    const key = `pluginserver_${name.replaceAll('-', '_')}`;
    const queryCommand = settings.get(`${key}_query_cmd`);
    const prefix = settings.get('prefix') ?? DEFAULT_PREFIX;
    return {
      name,
      socket: settings.get(`${key}_socket`) ?? `${prefix}/${name}.socket`,
      startCommand: settings.get(`${key}_start_cmd`),
      queryCommand,
      plugin: ALL_PLUGIN_NAMES.find((plugin) => queryCommand?.includes(plugin)),
      place: (setting) => settings.place(`${key}_${setting}`),
    };
  });
}

export function listOf(settings: Settings, name: string): string[] {
  const entries = (settings.get(name) ?? '').split(',').map((entry) => entry.trim());
  return entries.filter((entry) => entry !== '');
}

/** The sockets that a start command of `aidr-pluginserver` serves, by plugin. */
export function servedSockets({ startCommand = '' }: PluginServer): Map<string, string> {
  const options = startCommand.matchAll(/--socket[ =](\S+?)=(\S+)/g);
  return new Map([...options].map(([, plugin = '', path = '']) => [plugin, path]));
}

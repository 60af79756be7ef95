/** Finds a plugin: one of those that are built in, or a module written for kong-pdk. */
import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, extname, isAbsolute } from 'node:path';
import { PluginHost, type PluginModule } from './plugin-host.ts';

export class PluginError extends Error {
  override readonly name = 'PluginError';
}

/** @throws PluginError with what is wrong with the name, the path or the module */
export async function loadPlugin(plugin: string): Promise<PluginHost> {
  if (isAbsolute(plugin)) return hostOf(plugin);
  switch (plugin) {
    case 'crowdstrike-aidr-request':
      return new PluginHost(plugin, await import('../../plugins/crowdstrike-aidr-request/index.ts'));
    case 'crowdstrike-aidr-response':
      return new PluginHost(plugin, await import('../../plugins/crowdstrike-aidr-response/index.ts'));
    case 'crowdstrike-aidr-mcp':
      return new PluginHost(plugin, await import('../../plugins/crowdstrike-aidr-mcp/index.ts'));
    default:
      throw new PluginError(`no plugin ${plugin}: name a built-in one or the absolute path of a module`);
  }
}

function hostOf(path: string): PluginHost {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) throw new PluginError(`no file ${path}`);
  let module: unknown;
  try {
    module = createRequire(path)(path);
  } catch (error) {
    throw new PluginError(
      `${path} cannot be loaded: ${error instanceof Error ? error.message : 'unknown error'}`,
    );
  }
  if (!isPluginModule(module)) throw new PluginError(`${path} exports no class Plugin`);
  return new PluginHost((module.Name ?? basename(path, extname(path))).toLowerCase(), module);
}

function isPluginModule(module: unknown): module is PluginModule {
  return (
    typeof module === 'object' && module !== null && 'Plugin' in module && typeof module.Plugin === 'function'
  );
}

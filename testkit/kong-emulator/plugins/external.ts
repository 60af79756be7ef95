/** A plugin behind a plugin server, as Kong wraps it. */

import { checkPluginSchema } from '../config/metaschema.ts';
import { callPdk } from '../pdk/pdk.ts';
import type { PluginInfo } from '../pluginserver/query.ts';
import type { Exchange } from '../proxy/exchange.ts';
import type { PluginHandler } from './plugin.ts';
import type { PluginConfig } from './plugin-config.ts';

/** Phases that Kong can run on a plugin server and the gateway does. */
const PHASES = ['access', 'response', 'log'];

/**
 * The handler of an external plugin.
 *
 * @throws {Error} for a description that Kong, or this gateway, does not load
 */
export function externalPlugin(info: PluginInfo): PluginHandler {
  const { name, version, priority } = info;
  const fail = (why: string): never => {
    throw new Error(`error loading plugin schemas: on plugin '${name}': ${why}`);
  };
  if (!Number.isInteger(priority)) {
    fail(
      `Plugin "${name}" cannot be loaded because its PRIORITY field is not a valid integer number, got: "${priority}"`,
    );
  }
  if (!/^\d+\.\d+\.\d+$/.test(version)) {
    fail(
      `Plugin "${name}" cannot be loaded because its VERSION field does not follow the "x.y.z" format, got: "${version}"`,
    );
  }
  for (const phase of info.phases) {
    if (!PHASES.includes(phase))
      fail(`the embedded gateway does not run the phase '${phase}' of external plugins`);
  }
  const run = (phase: string) => (exchange: Exchange, config: PluginConfig) => {
    // Kong notes it for its statistics, whatever language the plugin is in.
    exchange.ctx.set('ran_go_plugin', true);
    return exchange.worker.pluginRpc(name).handleEvent({
      phase,
      config,
      pdk: (method, args) => callPdk(exchange, method, args),
    });
  };
  return {
    name,
    version,
    priority,
    schema: checkPluginSchema(name, info.schema),
    ...Object.fromEntries(info.phases.map((phase) => [phase, run(phase)])),
  };
}

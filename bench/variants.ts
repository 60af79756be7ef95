/**
 * Gateways that compete: each with the routes of the documented configuration, with no, one or both plugins on them, in
 * front of the same upstream and the same AIDR.
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import type { GatewayDriver, GatewaySetup, RunningGateway } from '../testkit/harness/gateways/driver.ts';
import { onInterruption } from '../testkit/harness/interruption.ts';
import { PLUGINS } from '../testkit/harness/plugin-servers.ts';
import type { Mock, Upstream } from './instant-mocks.ts';

/** `twoWorkers` is ours with two workers in Kong; `peer` is another set of plugins with the same names, in Lua. */
export type Side = 'ours' | 'stock' | 'twoWorkers' | 'peer';

const SETUPS: Record<Side, Pick<GatewaySetup, 'pluginServer' | 'workers'>> = {
  ours: { pluginServer: 'aidr' },
  stock: { pluginServer: 'stock' },
  twoWorkers: { pluginServer: 'aidr', workers: 2 },
  peer: { pluginServer: 'aidr' },
};

/** What stands between the client and the upstream. */
export type Route = 'alone' | 'request' | 'both' | 'unshortened' | 'guarded' | 'relay' | 'relayLive';

const [REQUEST, RESPONSE] = PLUGINS;

const ROUTES: Record<Route, string[]> = {
  alone: [],
  request: [REQUEST, 'pre-function'],
  both: [REQUEST, RESPONSE, 'pre-function'],
  /** Without the shortcut. */
  unshortened: [REQUEST, RESPONSE],
  /** As documented: with the guard. */
  guarded: [REQUEST, RESPONSE, 'pre-function', 'post-function'],
  relay: [REQUEST, RESPONSE, 'pre-function', 'post-function'],
  relayLive: [REQUEST, RESPONSE, 'pre-function', 'post-function'],
};

/** The guard and the shortcut are for plugins that leave marks, and the relay is ours. */
const PEER_ROUTES: Partial<typeof ROUTES> = {
  alone: [],
  request: [REQUEST],
  both: [REQUEST, RESPONSE],
};

/** Settings of both plugins. */
const CONFIG: Partial<Record<Route, object>> = {
  relay: { placement: 'relay' },
  relayLive: { placement: 'relay', response_mode: 'live' },
};

/** How often a request on each route is one of AIDR's. */
export const AIDR_CALLS: Record<Route, number> = {
  alone: 0,
  request: 1,
  both: 2,
  unshortened: 2,
  guarded: 2,
  relay: 2,
  relayLive: 2,
};

/** Milliseconds that AIDR takes. */
export const AIDR_TIMES = [0, 50] as const;
export type AidrTime = (typeof AIDR_TIMES)[number];

/** Process ids. */
interface Processes {
  workers: number[];
  pluginServers: number[];
}

export interface Gateways {
  urlOf(side: Side, route: Route, aidrMs: AidrTime): string;
  /** Looks for them: the one that serves the plugins comes when it is needed. */
  findProcesses(): Promise<void>;
  processesOf(side: Side): Processes;
  sides: Side[];
  stop(): Promise<void>;
}

/** @param peer a folder of Lua plugins, where there is a side of that name */
export async function startGateways(
  driver: GatewayDriver,
  sides: Side[],
  mocks: { aidr: Mock; upstream: Upstream },
  peer: string | undefined,
): Promise<Gateways> {
  const { upstream } = mocks;
  const documented: Documented = parse(await readFile(resolve(import.meta.dirname, '../kong.yaml'), 'utf8'));
  const running = new Map<Side, RunningGateway>();
  let starting: Promise<unknown> = Promise.resolve();
  const stop = async () => {
    forget();
    await starting.catch(() => undefined);
    for (const gateway of running.values()) await gateway.stop();
  };
  const forget = onInterruption(stop);
  try {
    for (const side of sides) {
      const start = driver.start({
        ...SETUPS[side],
        configuration: configurationOf(documented, side === 'peer' ? PEER_ROUTES : ROUTES, mocks),
        env: { CS_AIDR_TOKEN: 'pts_bench' },
        isObserved: false,
        settings: {
          // Lua plugins that speak TLS themselves look at certificates.
          KONG_LUA_SSL_TRUSTED_CERTIFICATE: `system,${upstream.certificate}`,
          // As documented; and Lua plugins do not find bodies that Kong has put into a file.
          KONG_NGINX_HTTP_CLIENT_BODY_BUFFER_SIZE: '2m',
        },
        ...(side === 'peer' && peer !== undefined ? { luaPlugins: peer } : {}),
      });
      starting = start.then((gateway) => running.set(side, gateway));
      await starting;
    }
    const processes = new Map<Side, Processes>();
    return {
      sides,
      urlOf: (side, route, aidrMs) => `${running.get(side)?.url}/${route}/${aidrMs}/v1/chat/completions`,
      async findProcesses() {
        for (const [side, gateway] of running) {
          const found = await gateway.processes?.();
          if (found) processes.set(side, found);
        }
      },
      processesOf: (side) => processes.get(side) ?? { workers: [], pluginServers: [] },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface KongPlugin {
  name: string;
  config: Record<string, unknown>;
}

/** The repository's kong.yaml, as far as it is read here. */
interface Documented {
  services: [{ plugins: KongPlugin[] }];
}

/** That, with its service once for each route. */
function configurationOf(
  documented: Documented,
  routes: Partial<Record<Route, readonly string[]>>,
  { aidr, upstream }: { aidr: Mock; upstream: Upstream },
): string {
  const [{ plugins }] = documented.services;
  const services = Object.entries(routes).flatMap(([route, names]) =>
    AIDR_TIMES.map((aidrMs) => ({
      name: `${route}-${aidrMs}-service`,
      url: upstream.url,
      // The upstream has signed its certificate itself, and Kong does not look at it either.
      ...(route in CONFIG ? { tls_verify: false } : {}),
      routes: [{ name: `${route}-${aidrMs}`, paths: [`/${route}/${aidrMs}`] }],
      plugins: plugins
        .filter(({ name }) => names.includes(name))
        .map((plugin) => askedAt(plugin, `${aidr.url}/allow/${aidrMs}`, CONFIG[route as Route])),
    })),
  );
  return stringify({ ...documented, services });
}

function askedAt(plugin: KongPlugin, aidrUrl: string, own: object = {}): KongPlugin {
  if (plugin.name.endsWith('-function')) return plugin;
  return { ...plugin, config: { ...plugin.config, ai_guard_api_base_url: aidrUrl, ...own } };
}

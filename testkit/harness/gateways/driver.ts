/** A gateway that the end-to-end scenarios run through. Scenarios are written once and know only this. */

import type { PluginServerKind } from '../plugin-servers.ts';

export interface GatewaySetup {
  /** Text of a kong.yaml. */
  configuration: string;
  /** Environment of the gateway, where `{vault://env/…}` looks. */
  env: Record<string, string>;
  pluginServer: PluginServerKind;
  /** Of the proxy, on 127.0.0.1. Default: any free port. */
  port?: number;
  /** Default 1. */
  workers?: number;
  /** A folder of Lua plugins with the names of ours, which run instead: no plugin server is started. Kong only. */
  luaPlugins?: string;
  /** Further plugins in Lua, beside ours. */
  besides?: { folder: string; names: string[] };
  /** A PEM file of authorities that our own plugin server is to trust as well; not in a container. */
  caFile?: string;
  /** Further options of our own plugin server; not in a container. */
  serverOptions?: string[];
  /** Further settings as Kong takes them from its environment; the embedded gateway has none. */
  settings?: Record<string, string>;
  /** False leaves out what tests look at and traffic pays for: records, metrics, Kong's log at `info`. Default true. */
  isObserved?: boolean;
}

/** A record of Kong's log plugins, as far as we add to it. */
export interface LogRecord {
  request?: { headers?: Record<string, unknown> };
  crowdstrike_aidr?: Partial<Record<'request' | 'response', Record<string, unknown>>>;
}

export interface RunningGateway {
  /** `http://127.0.0.1:<port>` of the proxy. */
  url: string;
  /** Everything that the gateway and the plugins logged so far. */
  log(): string;
  /** What Kong's log plugins get, one record a finished request. */
  records(): Promise<LogRecord[]>;
  /** The plugin server's metrics now; absent where it has none. */
  metrics?: () => Promise<string>;
  /** Processes of plugin servers, the newest last; absent where they are not this process's own. */
  pluginServerPids?: () => number[];
  /** The process in which the plugins are served now, by our own server; absent where it is a container's. */
  servingPid?: () => number | undefined;
  /** SIGKILL to every plugin server process; the gateway starts them anew. */
  killPluginServers(): Promise<void>;
  /** `kong reload`, with another configuration. Resolves when the new workers serve. */
  reload(configuration: string): Promise<void>;
  /** Changes what `{vault://env/…}` finds; absent where the environment of a running gateway cannot change. */
  rotate?(name: string, value: string): void;
  /** Process ids; absent where they are a container's. */
  processes?: () => Promise<{ workers: number[]; pluginServers: number[] }>;
  stop(): Promise<void>;
}

export interface GatewayDriver {
  name: string;
  /** Why this gateway cannot run here; undefined when it can. */
  missing(): Promise<string | undefined>;
  start(setup: GatewaySetup): Promise<RunningGateway>;
}

/** What a caller of `startGateway` sees. */

import type { LogLine } from './log.ts';
import type { SerializedRecord } from './proxy/record.ts';

/** One entry of Kong's `pluginserver_names`. */
export interface PluginServerSpec {
  /** The name used in log lines, as in `pluginserver_names`. */
  readonly name?: string;
  /** Path of the Unix socket that Kong connects to. */
  readonly socket: string;
  /** `pluginserver_…_query_cmd`: prints the plugin's description and exits. */
  readonly queryCommand: readonly string[];
  /** `pluginserver_…_start_cmd`; without it the process is somebody else's. */
  readonly startCommand?: readonly string[];
  /** Environment of both commands, beside PATH. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface GatewayOptions {
  /** The text of a `kong.yaml`. */
  readonly configuration: string;
  readonly pluginServers: readonly PluginServerSpec[];
  /**
   * What `{vault://env/…}` resolves against. Read at every resolution: changing the object is how a test rotates a
   * secret.
   */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Plugins in Lua, by name, and the folder on Kong's `lua_package_path` where they are. */
  readonly luaPlugins?: { readonly folder: string; readonly names: readonly string[] };
  /** On 127.0.0.1. Default: any free port. */
  readonly port?: number;
  /** Workers, each with its own plugin instances and connections. Default 1. */
  readonly workers?: number;
  readonly logger?: (line: LogLine) => void;
  /** Kong's `trusted_ips`: addresses and CIDR ranges. Default none. */
  readonly trustedIps?: readonly string[];
  /** Kong's `real_ip_header`. Default `X-Real-IP`, as in Kong. */
  readonly realIpHeader?: string;
  /** Kong's `lua_socket_read_timeout`: how long a plugin server may stay silent. Default 60 s. */
  readonly rpcTimeoutMs?: number;
  /** A request body larger than this goes to disk, out of reach of `getRawBody()` without a limit. Default 16 KB. */
  readonly clientBodyBufferSize?: number;
  /** How long a query command may take before the start fails; Kong would wait for ever. Default 10 s. */
  readonly queryTimeoutMs?: number;
  /** Time between SIGTERM and SIGKILL for the gateway's own children. Default 5 s. */
  readonly killAfterMs?: number;
}

export interface Gateway {
  readonly url: string;
  readonly port: number;
  /** The error log, every level; Kong's default view has no `info` and `debug`. */
  readonly logs: readonly LogLine[];
  /** What a log plugin would have got, one record a finished request. */
  readonly accessLog: readonly SerializedRecord[];
  /** Resolves when every plugin server socket of the newest generation accepts connections. */
  ready(timeoutMs?: number): Promise<void>;
  /**
   * `kong reload`: new workers, and new plugin server processes, beside the old ones until those have drained.
   * Resolves when the new generation serves; rejects, and keeps the old one, when the configuration is refused.
   */
  reload(configuration?: string): Promise<void>;
  /** Processes started for `startCommand`s that are alive, oldest first. */
  pluginServerPids(): number[];
  stop(): Promise<void>;
}

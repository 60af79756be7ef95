/** One worker of one generation: its plugin instances, its connections, its numbering of configurations. */

import type { Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import type { Configuration } from './config/model.ts';
import type { Log } from './log.ts';
import { LuaRuntime } from './lua/runtime.ts';
import type { SharedLists } from './lua/shared-lists.ts';
import type { PluginsIterator } from './plugins/plugins-iterator.ts';
import type { Router } from './routing/router.ts';
import type { PluginRpc } from './rpc/plugin-rpc.ts';
import type { ConnectionPool } from './rpc/pool.ts';

/** What is the same in every worker of a gateway. */
export interface Settings {
  readonly nodeId: string;
  readonly realIpHeader: string;
  readonly clientBodyBufferSize: number;
  readonly port: () => number;
  readonly isTrusted: (ip: string) => boolean;
  readonly sharedLists: SharedLists;
}

export interface WorkerParts {
  readonly settings: Settings;
  readonly configuration: Configuration;
  readonly router: Router;
  readonly iterator: PluginsIterator;
  readonly agents: { readonly http: HttpAgent; readonly https: HttpsAgent };
  readonly log: Log;
}

export class Worker {
  readonly settings: Settings;
  readonly configuration: Configuration;
  readonly router: Router;
  readonly iterator: PluginsIterator;
  readonly agents: WorkerParts['agents'];
  readonly log: Log;
  /** Which target of an upstream entity is the next. */
  turn = 0;
  readonly #rpcs = new Map<string, PluginRpc>();
  readonly #pools: ConnectionPool[] = [];
  #lua: LuaRuntime | undefined;

  constructor(parts: WorkerParts) {
    this.settings = parts.settings;
    this.configuration = parts.configuration;
    this.router = parts.router;
    this.iterator = parts.iterator;
    this.agents = parts.agents;
    this.log = parts.log;
  }

  /** Made when the first function needs it. */
  get lua(): LuaRuntime {
    this.#lua ??= new LuaRuntime();
    return this.#lua;
  }

  attach(rpc: PluginRpc, pool: ConnectionPool): void {
    this.#rpcs.set(rpc.name, rpc);
    if (!this.#pools.includes(pool)) this.#pools.push(pool);
  }

  /** The connection to the server of an external plugin. */
  pluginRpc(plugin: string): PluginRpc {
    const rpc = this.#rpcs.get(plugin);
    if (rpc === undefined) throw new Error(`no plugin server for '${plugin}'`);
    return rpc;
  }

  /** The worker finishes its requests, and then ends. */
  retire(): void {
    for (const pool of this.#pools) pool.retire();
  }

  /** The worker ends: its connections close. */
  close(): void {
    for (const pool of this.#pools) pool.close();
  }
}

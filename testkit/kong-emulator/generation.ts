/** The workers and plugin server processes that came up together, and leave together. */

import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Configuration } from './config/model.ts';
import type { Log } from './log.ts';
import type { PluginServerSpec } from './options.ts';
import type { PluginHandler } from './plugins/plugin.ts';
import { PluginConfig } from './plugins/plugin-config.ts';
import { PluginsIterator } from './plugins/plugins-iterator.ts';
import { ServerProcess } from './pluginserver/process.ts';
import { Router } from './routing/router.ts';
import { RpcClient } from './rpc/client.ts';
import { PluginRpc } from './rpc/plugin-rpc.ts';
import { ConnectionPool } from './rpc/pool.ts';
import { type Settings, Worker } from './worker.ts';

export interface GenerationOptions {
  readonly settings: Settings;
  readonly configuration: Configuration;
  readonly handlers: readonly PluginHandler[];
  /** External plugins by name, with the socket of each. */
  readonly sockets: ReadonlyMap<string, string>;
  readonly pluginServers: readonly PluginServerSpec[];
  readonly workers: number;
  readonly log: Log;
  readonly rpcTimeoutMs: number;
  readonly killAfterMs: number;
  /** Kong's counter of plugin configurations, shared by all workers. */
  readonly nextSequence: () => number;
}

/** A worker sends SIGTERM to the plugin servers that it started, and SIGKILL as it exits. */
const KILLED_WITH_WORKER_MS = 50;

export class Generation {
  readonly #options: GenerationOptions;
  readonly #workers: readonly Worker[];
  readonly #agents = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };
  readonly #processes: ServerProcess[] = [];
  #turn = 0;
  /** Requests under way, of each worker that has some. */
  readonly #active = new Map<Worker, number>();
  #onIdle: ((worker: Worker) => void) | undefined;

  constructor(options: GenerationOptions) {
    this.#options = options;
    const router = new Router(options.configuration.routes, options.configuration.services);
    this.#workers = Array.from({ length: options.workers }, () => this.#worker(router));
  }

  /** Starts the plugin servers that are Kong's to start, as worker 0 does. */
  startProcesses(): void {
    const { pluginServers, log } = this.#options;
    for (const spec of pluginServers) {
      if (spec.startCommand === undefined) continue;
      const process = new ServerProcess({ spec, command: spec.startCommand, log });
      this.#processes.push(process);
      process.start();
    }
  }

  /** The worker for the next connection. */
  nextWorker(): Worker {
    const worker = this.#workers[this.#turn % this.#workers.length];
    this.#turn += 1;
    if (worker === undefined) throw new Error('the gateway has no workers');
    return worker;
  }

  pids(): number[] {
    return this.#processes.flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
  }

  /** Counts a request of a worker in; the function counts it out. */
  begin(worker: Worker): () => void {
    this.#active.set(worker, this.#activeOf(worker) + 1);
    return () => {
      const left = this.#activeOf(worker) - 1;
      if (left > 0) this.#active.set(worker, left);
      else this.#active.delete(worker);
      if (left === 0) this.#onIdle?.(worker);
    };
  }

  /**
   * Lets the requests under way end, then ends the workers. The plugin servers end with worker 0, whatever is under way
   * on the others.
   */
  async retire(): Promise<void> {
    for (const process of this.#processes) process.abandon();
    for (const worker of this.#workers) worker.retire();
    const [owner] = this.#workers;
    if (owner && this.#activeOf(owner) > 0) await this.#idle((worker) => worker === owner);
    const gone = this.#processes.map((process) => process.terminate(KILLED_WITH_WORKER_MS));
    if (this.#active.size > 0) await this.#idle(() => this.#active.size === 0);
    await Promise.all(gone);
    await this.end();
  }

  #activeOf(worker: Worker): number {
    return this.#active.get(worker) ?? 0;
  }

  /** Resolves when a worker has nothing under way any more of which this holds. */
  #idle(isEnough: (worker: Worker) => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#onIdle = (worker) => {
        if (isEnough(worker)) resolve();
      };
    });
  }

  /** Ends at once. */
  async end(): Promise<void> {
    const gone = this.#processes.map((process) => process.terminate(this.#options.killAfterMs));
    for (const worker of this.#workers) worker.close();
    this.#agents.http.destroy();
    this.#agents.https.destroy();
    await Promise.all(gone);
  }

  #worker(router: Router): Worker {
    const { settings, configuration, handlers, sockets, log, nextSequence } = this.#options;
    const configs = configuration.plugins.map(
      (entity) => new PluginConfig(entity, nextSequence(), configuration.vaults),
    );
    const iterator = new PluginsIterator(handlers, configs);
    const worker = new Worker({ settings, configuration, router, iterator, agents: this.#agents, log });
    const pools = new Map<string, ConnectionPool>();
    for (const [plugin, socket] of sockets) {
      const pool = pools.get(socket) ?? new ConnectionPool(socket);
      pools.set(socket, pool);
      worker.attach(this.#rpc(plugin, pool, worker), pool);
    }
    return worker;
  }

  #rpc(plugin: string, pool: ConnectionPool, worker: Worker): PluginRpc {
    const { log, rpcTimeoutMs } = this.#options;
    const client = new RpcClient({
      pool,
      log,
      timeoutMs: rpcTimeoutMs,
      onNotification: (label, args) => rpc.notification(label, args),
    });
    // The other workers hear of it through Kong's worker events, a moment later.
    const resetElsewhere = (): void => {
      setImmediate(() => {
        for (const other of this.#workers) if (other !== worker) other.pluginRpc(plugin).reset();
      });
    };
    const rpc: PluginRpc = new PluginRpc({ name: plugin, client, log, resetElsewhere });
    return rpc;
  }
}

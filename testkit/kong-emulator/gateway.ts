/** The gateway as a whole: start, serve, reload, stop. */

import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { BlockList, isIP, type Socket } from 'node:net';
import { loadConfiguration } from './config/declarative.ts';
import type { Configuration } from './config/model.ts';
import { Generation } from './generation.ts';
import { appendBounded, Log } from './log.ts';
import { SharedLists } from './lua/shared-lists.ts';
import type { Gateway, GatewayOptions, PluginServerSpec } from './options.ts';
import { BUNDLED } from './plugins/bundled.ts';
import { externalPlugin } from './plugins/external.ts';
import { luaPlugin } from './plugins/lua-plugin.ts';
import type { PluginHandler } from './plugins/plugin.ts';
import { unresolvedReferences } from './plugins/plugin-config.ts';
import { queryPlugin } from './pluginserver/query.ts';
import { socketIdentity, socketReady } from './pluginserver/ready.ts';
import { ClientRequest } from './proxy/client-request.ts';
import { Exchange } from './proxy/exchange.ts';
import { handle } from './proxy/handle.ts';
import { type SerializedRecord, serialize } from './proxy/record.ts';
import type { Settings, Worker } from './worker.ts';

const DEFAULT_BODY_BUFFER = 16 * 1024;
/** As long as nginx keeps a client's connection. */
const KEEP_ALIVE_MS = 75_000;
/** Nginx's four buffers of 8 KB. */
const MAX_HEAD_BYTES = 32 * 1024;

/**
 * Starts the gateway on a free port of 127.0.0.1.
 *
 * @throws {Error} where Kong would not start, in Kong's words where there are some: a query command that prints no
 * plugin, a schema that is none, a configuration with mistakes
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const gateway = new EmbeddedGateway(options);
  await gateway.start();
  return gateway;
}

interface Loaded {
  readonly configuration: Configuration;
  readonly handlers: readonly PluginHandler[];
  readonly sockets: ReadonlyMap<string, string>;
}

class EmbeddedGateway implements Gateway {
  readonly accessLog: SerializedRecord[] = [];
  readonly #options: GatewayOptions;
  readonly #log: Log;
  readonly #settings: Settings;
  readonly #server: Server;
  readonly #assigned = new WeakMap<Socket, { generation: Generation; worker: Worker }>();
  readonly #retiring = new Set<Generation>();
  /** The sockets as they were before the newest plugin servers were started. */
  #identities = new Map<string, string | undefined>();
  #configurationText: string;
  #generation: Generation | undefined;
  #sequence = 0;
  #port = 0;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#configurationText = options.configuration;
    this.#log = new Log(options.logger);
    this.#settings = {
      nodeId: randomUUID(),
      realIpHeader: options.realIpHeader ?? 'X-Real-IP',
      clientBodyBufferSize: options.clientBodyBufferSize ?? DEFAULT_BODY_BUFFER,
      port: () => this.#port,
      isTrusted: trustedAddresses(options.trustedIps ?? []),
      sharedLists: new SharedLists(),
    };
    const limits = { keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0, maxHeaderSize: MAX_HEAD_BYTES };
    this.#server = createServer(limits, (request, response) => void this.#serve(request, response));
    // Node would drop what lies beyond its count, without a word.
    this.#server.maxHeadersCount = 0;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get logs(): Log['lines'] {
    return this.#log.lines;
  }

  async start(): Promise<void> {
    const loaded = await this.#load(this.#configurationText);
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#options.port ?? 0, '127.0.0.1', resolve);
    });
    const address = this.#server.address();
    this.#port = typeof address === 'object' && address !== null ? address.port : 0;
    for (const spec of this.#options.pluginServers) {
      if (spec.startCommand !== undefined) continue;
      const message = `no start command for the pluginserver of ${spec.socket}, assuming external process management`;
      this.#log.write('warn', message);
    }
    this.#launch(loaded);
  }

  async ready(timeoutMs = 10_000): Promise<void> {
    const sockets = this.#options.pluginServers.map((spec) => {
      const previous = spec.startCommand === undefined ? undefined : this.#identities.get(spec.socket);
      return socketReady(spec.socket, previous, timeoutMs);
    });
    await Promise.all(sockets);
  }

  async reload(configuration = this.#configurationText): Promise<void> {
    const loaded = await this.#load(configuration);
    this.#configurationText = configuration;
    const old = this.#generation;
    this.#launch(loaded);
    if (old === undefined) return;
    this.#retiring.add(old);
    void old.retire().finally(() => this.#retiring.delete(old));
  }

  pluginServerPids(): number[] {
    return this.#generations().flatMap((generation) => generation.pids());
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await Promise.all(this.#generations().map((generation) => generation.end()));
    await closed;
  }

  #generations(): Generation[] {
    return [...this.#retiring, ...(this.#generation === undefined ? [] : [this.#generation])];
  }

  /** What Kong does before it forks its workers: query the plugin servers, read the configuration. */
  async #load(text: string): Promise<Loaded> {
    const { pluginServers, luaPlugins, env = {}, queryTimeoutMs = 10_000 } = this.#options;
    const queried = pluginServers.map(async (spec): Promise<[PluginHandler, PluginServerSpec]> => {
      return [externalPlugin(await queryPlugin(spec, queryTimeoutMs)), spec];
    });
    const external = await Promise.all(queried);
    const inLua = luaPlugins?.names.map((name) => luaPlugin(luaPlugins.folder, name)) ?? [];
    const handlers = [...BUNDLED, ...inLua, ...external.map(([handler]) => handler)];
    const plugins = new Map(handlers.map(({ name, schema }) => [name, schema]));
    const configuration = loadConfiguration(text, { plugins, env });
    for (const { reference, error } of unresolvedReferences(configuration)) {
      this.#log.write('warn', `unable to resolve reference ${reference} (${error})`);
    }
    return {
      configuration,
      handlers,
      sockets: new Map(external.map(([{ name }, { socket }]) => [name, socket])),
    };
  }

  #launch(loaded: Loaded): void {
    const { pluginServers, workers = 1, rpcTimeoutMs = 60_000, killAfterMs = 5_000 } = this.#options;
    this.#identities = new Map(pluginServers.map(({ socket }) => [socket, socketIdentity(socket)]));
    const generation = new Generation({
      ...loaded,
      settings: this.#settings,
      pluginServers,
      workers,
      log: this.#log,
      rpcTimeoutMs,
      killAfterMs,
      nextSequence: () => {
        this.#sequence += 1;
        return this.#sequence;
      },
    });
    this.#generation = generation;
    generation.startProcesses();
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { generation, worker } = this.#assign(incoming.socket);
    const finished = generation.begin(worker);
    const exchange = new Exchange(worker, new ClientRequest(incoming), this.#peer(incoming.socket));
    response.once('close', () => {
      if (!response.writableFinished) exchange.clientGone.abort();
    });
    try {
      await handle(exchange, response, (done, bytes) => this.#record(done, bytes));
    } catch (error) {
      this.#log.write(
        'crit',
        `the embedded gateway failed: ${error instanceof Error ? error.stack : String(error)}`,
      );
      response.destroy();
    } finally {
      finished();
    }
  }

  /** A connection stays with its worker; after a reload its next request goes to a new one. */
  #assign(socket: Socket): { generation: Generation; worker: Worker } {
    const generation = this.#generation;
    if (generation === undefined) throw new Error('the gateway has not started');
    const known = this.#assigned.get(socket);
    if (known?.generation === generation) return known;
    const assigned = { generation, worker: generation.nextWorker() };
    this.#assigned.set(socket, assigned);
    return assigned;
  }

  #peer(socket: Socket): Exchange['peer'] {
    const ip = socket.remoteAddress ?? '';
    return { ip, port: socket.remotePort ?? 0, trusted: this.#settings.isTrusted(ip) };
  }

  #record(exchange: Exchange, bytes: number): void {
    try {
      appendBounded(this.accessLog, serialize(exchange, bytes));
    } catch (error) {
      this.#log.write('err', error instanceof Error ? error.message : String(error));
    }
  }
}

function trustedAddresses(ranges: readonly string[]): (ip: string) => boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (isIP(address) === 0) throw new Error(`trusted_ips: '${range}' is neither an address nor a range`);
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (ip) => isIP(ip) !== 0 && list.check(ip, isIP(ip) === 6 ? 'ipv6' : 'ipv4');
}

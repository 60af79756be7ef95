/**
 * The process that Kong, systemd or a container starts. It owns the sockets and Kong's connections, has them served by
 * another process, and does as little as possible itself.
 *
 * When that process dies, or its event loop stands still, the supervisor ends it, refuses what was under way and what
 * comes, and starts the next. To Kong a plugin server that cannot be reached is one to do without, and a caller that can
 * bring that about would get past it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { basename, dirname, extname } from 'node:path';
import { errorLocation } from '../kong/error-location.ts';
import { maxOpenFiles } from '../network/open-files.ts';
import { type HeldConnection, HeldConnections } from './held-connections.ts';
import { PluginServer } from './plugin-server.ts';
import { NotedRefusals } from './refusal-notes.ts';
import { refusingHost } from './refusing-plugin.ts';
import { JournalReader, openNameless } from './reply-journal.ts';
import type { RpcLimits } from './rpc.ts';
import {
  DESCRIPTORS,
  type ProcessIdentity,
  type ToServingProcess,
  type ToSupervisor,
} from './supervision.ts';
import { type PreparedSocket, prepareToListen, SocketError } from './unix-socket.ts';

export interface SupervisorOptions {
  sockets: { plugin: string; path: string }[];
  /** Take over sockets on which another process listens. */
  replace: boolean;
  /** Program and arguments of the process that serves the plugins. */
  command: [string, ...string[]];
  /** Milliseconds for which its event loop may stand still. */
  maxStall: number;
  /** The Kong that started this process; undefined: it is not known. */
  kong: ProcessIdentity | undefined;
  limits: RpcLimits;
  log: (message: string) => void;
  /** The serving process ended before it ever served: it has said why. */
  onFailedStart: (exitCode: number) => void;
  /** Milliseconds for which requests wait until the plugins are loaded. */
  slowStart?: number;
}

/**
 * Milliseconds after which requests are refused while the plugins are still being loaded. A request that waits ten seconds
 * for another one to start its instance, Kong lets pass.
 */
const SLOW_START = 8_000;
/** Milliseconds between two looks at the sign of life. */
const LOOK_EVERY = 250;
/** Milliseconds that a serving process has to load the plugins. */
const START_LIMIT = 30_000;
/** Milliseconds between two starts. */
const RESTART_INTERVAL = 1_000;
/** Milliseconds that it may take longer than it was told to stop. */
const STOP_GRACE = 1_000;

/** Who serves Kong's connections: nobody yet, the serving process, or nobody again. */
type Mode = 'starting' | 'serving' | 'refusing' | 'stopping';

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #sockets: PreparedSocket[] = [];
  readonly #descriptors: { journal: number; refusals: number };
  readonly #refusals: NotedRefusals;
  readonly #journal: JournalReader;
  readonly #connections: HeldConnections;
  #mode: Mode = 'starting';
  #hasTakenPaths = false;
  #hasServed = false;
  #child: ChildProcess | undefined;
  #startedAt = 0;
  /** What answers Kong while nobody serves; the names of the plugins are known when they were loaded once. */
  #refusing: PluginServer | undefined;
  #lastBeat = 0;
  #stalledLooks = 0;
  #hasToldFull = false;
  #hasToldMany = false;
  /** Whom the serving process reads from. The rest of its descriptors it needs for AIDR, providers and the relay. */
  readonly #handedOver = new Set<Socket>();
  readonly #maxHandedOver = Math.floor(maxOpenFiles() / 4);

  constructor(options: SupervisorOptions) {
    const [first] = options.sockets;
    this.#options = options;
    const folder = dirname(first?.path ?? '/tmp/_');
    this.#descriptors = {
      journal: openNameless(folder, 'journal'),
      refusals: openNameless(folder, 'refusals'),
    };
    this.#refusals = new NotedRefusals(this.#descriptors.refusals);
    this.#journal = new JournalReader(this.#descriptors.journal, this.#refusals);
    this.#connections = new HeldConnections(this.#journal);
  }

  /** @throws SocketError */
  async start(): Promise<void> {
    const { sockets, replace } = this.#options;
    try {
      for (const [plugin, { path }] of sockets.entries()) {
        const accept = (socket: Socket) => this.#accept(plugin, socket);
        this.#sockets.push(await prepareToListen(path, replace, accept, { pauseOnConnect: true }));
      }
      // With nobody there, who comes waits here; otherwise whoever serves goes on until the plugins are loaded.
      if (!this.#sockets.some(({ isReplacing }) => isReplacing)) this.#takePaths();
    } catch (error) {
      this.#release();
      throw error;
    }
    this.#spawn();
    setInterval(() => this.#look(), LOOK_EVERY);
    setTimeout(() => this.#refuseMeanwhile(), this.#options.slowStart ?? SLOW_START).unref();
  }

  /** Whether another process has the sockets' paths that this one had. */
  get isReplaced(): boolean {
    return this.#hasTakenPaths && !this.#sockets.every((socket) => socket.isListening());
  }

  /**
   * Stops accepting, and resolves when the serving process has ended.
   *
   * @param limit milliseconds that the phases under way get
   */
  async stop(limit: number): Promise<void> {
    const child = this.#child;
    this.#mode = 'stopping';
    this.#release();
    if (!child) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    this.#tell({ kind: 'stop', limit });
    setTimeout(() => child.kill('SIGKILL'), limit + STOP_GRACE).unref();
    await gone;
  }

  /**
   * Leaves the serving process to itself, which accepts connections from here on. Resolves when it knows. It ends with
   * this one when nobody was heard here yet.
   */
  async leave(): Promise<void> {
    const child = this.#child;
    for (const { server } of this.#sockets) server.close();
    if (!child?.connected) return;
    if (!this.#hasTakenPaths) child.kill('SIGKILL');
    const left = once(child, 'disconnect');
    child.disconnect();
    await left;
  }

  /** What was heard here, and the plugins are still being loaded. */
  #refuseMeanwhile(): void {
    const { sockets, log } = this.#options;
    if (this.#mode !== 'starting' || !this.#hasTakenPaths) return;
    log('the plugins are still being loaded: requests are refused until they are served');
    this.#refusing = this.#refusingServer(sockets.map(({ plugin }) => nameOf(plugin)));
    this.#mode = 'refusing';
    for (const connection of this.#connections.all()) this.#refuse(connection);
  }

  #refusingServer(plugins: readonly string[]): PluginServer {
    const { limits, log } = this.#options;
    const hosts = plugins.map((plugin) => refusingHost(plugin, this.#refusals));
    return new PluginServer({ hosts, maxBytesInFlight: 0, ...limits, log });
  }

  #takePaths(): void {
    if (this.#hasTakenPaths) return;
    this.#hasTakenPaths = true;
    for (const socket of this.#sockets) socket.take();
    this.#tell({ kind: 'listening' });
  }

  /** Whoever had the sockets' paths keeps them. */
  #end(error: unknown): void {
    this.#mode = 'stopping';
    this.#options.log(error instanceof SocketError ? error.message : errorLocation(error));
    this.#child?.kill('SIGKILL');
    this.#release();
    this.#options.onFailedStart(1);
  }

  #release(): void {
    for (const socket of this.#sockets) socket.release();
  }

  #accept(plugin: number, socket: Socket): void {
    const connection = this.#connections.add(plugin, socket);
    socket.once('close', () => this.#handedOver.delete(socket));
    if (connection.isUnnoted) this.#tellFull();
    if (this.#mode === 'serving' && !connection.isUnnoted && this.#hasDescriptors())
      this.#handOver(connection);
    else if (this.#mode === 'serving' || this.#mode === 'refusing') this.#refuse(connection);
  }

  /** Without one, the serving process would not get the connection, and nobody would answer on it. */
  #hasDescriptors(): boolean {
    const hasRoom = this.#handedOver.size < this.#maxHandedOver;
    if (!hasRoom && !this.#hasToldMany) {
      this.#hasToldMany = true;
      this.#options.log(
        `Kong has ${this.#maxHandedOver} connections, a quarter of the open files that are allowed: requests on further ones are refused`,
      );
    }
    return hasRoom;
  }

  #tellFull(): void {
    if (this.#hasToldFull) return;
    this.#hasToldFull = true;
    this.#options.log(
      'there is no room beside the sockets for what is owed to Kong: new connections are refused',
    );
  }

  #spawn(): void {
    const { command, sockets, kong } = this.#options;
    const [program, ...args] = command;
    this.#startedAt = Date.now();
    const stdio: ('ignore' | 'inherit' | 'ipc' | number)[] = ['ignore', 'inherit', 'inherit'];
    stdio[DESCRIPTORS.channel] = 'ipc';
    stdio[DESCRIPTORS.journal] = this.#descriptors.journal;
    stdio[DESCRIPTORS.refusals] = this.#descriptors.refusals;
    for (const { descriptor } of this.#sockets) stdio.push(descriptor ?? 'ignore');
    // A session of its own: what ends this process, or stops it at a terminal, must not end requests under way.
    const child = spawn(program, args, { stdio, detached: true });
    this.#child = child;
    this.#stalledLooks = 0;
    child.on('message', (message: ToSupervisor) => this.#hear(child, message));
    child.once('error', () => this.#ended(child, 1));
    child.once('exit', (code) => this.#ended(child, code ?? 1));
    const identities = this.#sockets.map(({ identity }) => identity);
    if (sockets.length > 0) this.#tell({ kind: 'begin', sockets: identities, kong });
    if (this.#hasTakenPaths) this.#tell({ kind: 'listening' });
  }

  #hear(child: ChildProcess, message: ToSupervisor): void {
    if (child !== this.#child) return;
    if (message.kind === 'alive') this.#stalledLooks = 0;
    else if (message.kind === 'closed') this.#connections.close(message.slot);
    else this.#served(message.plugins);
  }

  /** The plugins are loaded. */
  #served(plugins: string[]): void {
    const isFirst = !this.#hasServed;
    this.#hasServed = true;
    // By the names that the modules give themselves.
    if (isFirst) this.#refusing = this.#refusingServer(plugins);
    if (this.#mode === 'stopping') return;
    if (this.#mode === 'refusing') this.#options.log(`the plugins are served${isFirst ? '' : ' again'}`);
    this.#mode = 'serving';
    try {
      this.#takePaths();
    } catch (error) {
      this.#end(error);
      return;
    }
    for (const connection of this.#connections.all()) this.#handOverAtBoundary(connection);
  }

  #handOverAtBoundary(connection: HeldConnection): void {
    if (this.#mode !== 'serving' || connection.isSpoilt || connection.isUnsettled) return;
    if (connection.refused && !connection.refused.isAtBoundary) return;
    const isNoted = !connection.isUnnoted || this.#connections.note(connection);
    if (!isNoted || !this.#hasDescriptors()) {
      if (!connection.refused) this.#refuse(connection);
      return;
    }
    this.#connections.handOver(connection);
    this.#handOver(connection);
  }

  #handOver({ slot, plugin, socket }: HeldConnection): void {
    this.#handedOver.add(socket);
    const message: ToServingProcess = { kind: 'connection', slot, plugin };
    // Kept open here: what the serving process owes on it may have to be answered in its place.
    this.#child?.send(message, socket, { keepOpen: true }, () => undefined);
  }

  #refuse(connection: HeldConnection): void {
    if (this.#refusing)
      this.#connections.refuse(connection, this.#refusing, () => this.#handOverAtBoundary(connection));
  }

  #tell(message: ToServingProcess): void {
    this.#child?.send(message, () => undefined);
  }

  #ended(child: ChildProcess, exitCode: number): void {
    if (child !== this.#child) return;
    this.#child = undefined;
    if (this.#mode === 'stopping') return;
    if (!this.#hasServed) {
      this.#release();
      this.#options.onFailedStart(exitCode || 1);
      return;
    }
    this.#options.log(
      'the process that serves the plugins ended: requests are refused until the next one serves',
    );
    if (this.#mode === 'serving') this.#takeOver();
    const wait = Math.max(0, this.#startedAt + RESTART_INTERVAL - Date.now());
    setTimeout(() => this.#mode === 'refusing' && this.#spawn(), wait);
  }

  #takeOver(): void {
    this.#mode = 'refusing';
    this.#handedOver.clear();
    const server = this.#refusing;
    if (!server) return;
    for (const connection of this.#connections.all()) {
      if (connection.refused || connection.isSpoilt) continue;
      this.#connections.takeOver(connection, server, () => this.#handOverAtBoundary(connection));
    }
  }

  /** Only looks that take place count: while the whole machine stands still, none does. */
  #look(): void {
    const beat = this.#journal.beat();
    this.#stalledLooks = beat === this.#lastBeat ? this.#stalledLooks + 1 : 0;
    this.#lastBeat = beat;
    const limit = this.#mode === 'serving' ? this.#options.maxStall : START_LIMIT;
    if (!this.#child || this.#mode === 'stopping' || this.#stalledLooks * LOOK_EVERY < limit) return;
    this.#options.log(`the process that serves the plugins stood still for ${limit} ms and is ended`);
    this.#stalledLooks = 0;
    this.#child.kill('SIGKILL');
  }
}

/** As far as it is known before the module is loaded. */
function nameOf(plugin: string): string {
  return basename(plugin, extname(plugin)).toLowerCase();
}

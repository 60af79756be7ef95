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
import { setTimeout as sleep } from 'node:timers/promises';
import { errorLocation } from '../kong/error-location.ts';
import { maxOpenFiles } from '../network/open-files.ts';
import { type HeldConnection, HeldConnections } from './held-connections.ts';
import { OfferedConnections } from './offered-connections.ts';
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
import { SurplusConnections } from './surplus-connections.ts';
import { codeOf, type PreparedSocket, prepareToListen, SocketError } from './unix-socket.ts';

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
/** Offers of connections after which the serving process is asked for them, before the next look. */
const MAX_UNASKED = 100;
/** Milliseconds that a serving process has to load the plugins. */
const START_LIMIT = 30_000;
/** Milliseconds between two starts. */
const RESTART_INTERVAL = 1_000;
/** Milliseconds that it may take longer than it was told to stop. */
const STOP_GRACE = 1_000;

/** Milliseconds for which what is refused here may keep this process from leaving, and between two looks. */
const LEAVE_LIMIT = 4_000;
const LEAVE_LOOK_EVERY = 20;

/** Who serves Kong's connections: nobody yet, the serving process, or nobody again. */
type Mode = 'starting' | 'serving' | 'refusing' | 'stopping';

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #sockets: PreparedSocket[] = [];
  readonly #descriptors: { journal: number; refusals: number };
  readonly #refusals: NotedRefusals;
  readonly #journal: JournalReader;
  readonly #connections: HeldConnections;
  readonly #offered = new OfferedConnections<HeldConnection>();
  #mode: Mode = 'starting';
  #hasTakenPaths = false;
  #hasServed = false;
  #child: ChildProcess | undefined;
  #startedAt = 0;
  /** What answers Kong while nobody serves; the names of the plugins are known when they were loaded once. */
  #refusing: PluginServer | undefined;
  #lastBeat = 0;
  /** Looks without a sign of life, and without an answer to a question. */
  #stalledLooks = 0;
  #silentLooks = 0;
  #isLeaving = false;
  #hasToldLost = false;
  #hasToldFull = false;
  #hasToldMany = false;
  /** The serving process needs the rest of its descriptors for AIDR, providers and the relay. */
  readonly #maxConnections = Math.floor(maxOpenFiles() / 4);
  readonly #surplus = new SurplusConnections(this.#maxConnections);

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
    this.#isLeaving = true;
    for (const { server } of this.#sockets) server.close();
    if (child?.connected) {
      if (!this.#hasTakenPaths) child.kill('SIGKILL');
      const left = once(child, 'disconnect');
      child.disconnect();
      await left;
    }
    const deadline = Date.now() + LEAVE_LIMIT;
    while (this.#connections.areOwed && Date.now() < deadline) await sleep(LEAVE_LOOK_EVERY);
  }

  /** What was heard here, and the plugins are still being loaded. */
  #refuseMeanwhile(): void {
    if (this.#mode !== 'starting' || !this.#hasTakenPaths) return;
    this.#options.log('the plugins are still being loaded: requests are refused until they are served');
    this.#mode = 'refusing';
    for (const connection of this.#connections.all()) this.#refuse(connection);
  }

  #refusingServer(): PluginServer {
    this.#refusing ??= this.#newRefusingServer(this.#options.sockets.map(({ plugin }) => nameOf(plugin)));
    return this.#refusing;
  }

  #newRefusingServer(plugins: readonly string[]): PluginServer {
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
    this.#failStart(1);
  }

  #release(): void {
    for (const socket of this.#sockets) socket.release();
  }

  #accept(plugin: number, socket: Socket): void {
    if (this.#connections.size >= this.#maxConnections) {
      this.#answerOnce(plugin, socket);
      return;
    }
    const connection = this.#connections.add(plugin, socket);
    if (connection.isUnnoted) this.#tellFull();
    if (this.#mode === 'serving' && !connection.isUnnoted) this.#handOver(connection);
    else if (this.#mode === 'serving' || this.#mode === 'refusing') this.#refuse(connection);
  }

  #answerOnce(plugin: number, socket: Socket): void {
    if (!this.#hasToldMany) {
      this.#hasToldMany = true;
      this.#options.log(
        `Kong has ${this.#maxConnections} connections, a quarter of the open files that are allowed: requests on further ones are refused`,
      );
    }
    this.#surplus.answer(plugin, socket, this.#refusingServer());
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
    const child = this.#started(() => spawn(program, args, { stdio, detached: true }));
    if (!child) return;
    this.#child = child;
    this.#stalledLooks = 0;
    this.#silentLooks = 0;
    this.#offered.clear();
    child.on('message', (message: ToSupervisor) => this.#hear(child, message));
    // Without it no connection would be handed over, and none of those that are would be closed here.
    child.once('disconnect', () => this.#isLeaving || child.kill('SIGKILL'));
    child.once('error', () => this.#ended(child, 1));
    child.once('exit', (code) => this.#ended(child, code ?? 1));
    const identities = this.#sockets.map(({ identity }) => identity);
    if (sockets.length > 0) this.#tell({ kind: 'begin', sockets: identities, kong });
    if (this.#hasTakenPaths) this.#tell({ kind: 'listening' });
  }

  /** @returns undefined if it failed: for want of memory, for instance. Another attempt is made later */
  #started(start: () => ChildProcess): ChildProcess | undefined {
    try {
      return start();
    } catch (error) {
      this.#options.log(`the process that serves the plugins cannot be started: ${codeOf(error)}`);
      if (this.#hasServed) this.#spawnLater();
      else this.#failStart(1);
      return undefined;
    }
  }

  #hear(child: ChildProcess, message: ToSupervisor): void {
    if (child !== this.#child) return;
    if (message.kind === 'alive') this.#stalledLooks = 0;
    else if (message.kind === 'closed') this.#connections.close(message.offer);
    else if (message.kind === 'arrived') this.#arrived(this.#offered.answered(message));
    else this.#served(message.plugins);
  }

  /** The plugins are loaded. */
  #served(plugins: string[]): void {
    const isFirst = !this.#hasServed;
    this.#hasServed = true;
    // By the names that the modules give themselves.
    if (isFirst) this.#refusing = this.#newRefusingServer(plugins);
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
    if (connection.isUnnoted && !this.#connections.note(connection)) {
      if (!connection.refused) this.#refuse(connection);
      return;
    }
    this.#connections.handOver(connection);
    this.#handOver(connection);
  }

  #handOver(connection: HeldConnection): void {
    const { slot, plugin, socket } = connection;
    const offer = this.#offered.offer(connection);
    this.#connections.offer(connection, offer);
    const message: ToServingProcess = { kind: 'connection', slot, plugin, offer };
    // Kept open here: what the serving process owes on it may have to be answered in its place.
    this.#child?.send(message, socket, { keepOpen: true }, () => undefined);
    if (this.#offered.unasked >= MAX_UNASKED) this.#tell(this.#offered.question());
  }

  /** @param lost connections that did not */
  #arrived(lost: HeldConnection[]): void {
    this.#silentLooks = 0;
    if (lost.length > 0 && !this.#hasToldLost) {
      this.#hasToldLost = true;
      this.#options.log(
        'connections of Kong did not reach the process that serves the plugins: requests on them are refused',
      );
    }
    for (const connection of lost) {
      this.#connections.takeBack(connection);
      if (!connection.socket.destroyed) this.#refuse(connection);
    }
  }

  #refuse(connection: HeldConnection): void {
    this.#connections.refuse(connection, this.#refusingServer(), () => this.#handOverAtBoundary(connection));
  }

  #tell(message: ToServingProcess): void {
    if (this.#child?.connected) this.#child.send(message, () => undefined);
  }

  #ended(child: ChildProcess, exitCode: number): void {
    if (child !== this.#child) return;
    this.#child = undefined;
    this.#offered.clear();
    this.#connections.takeAllBack();
    if (this.#mode === 'stopping') return;
    if (!this.#hasServed) {
      this.#failStart(exitCode || 1);
      return;
    }
    this.#options.log(
      'the process that serves the plugins ended: requests are refused until the next one serves',
    );
    if (this.#mode === 'serving') this.#takeOver();
    this.#spawnLater();
  }

  #spawnLater(): void {
    const wait = Math.max(0, this.#startedAt + RESTART_INTERVAL - Date.now());
    setTimeout(() => this.#mode === 'refusing' && !this.#isLeaving && this.#spawn(), wait);
  }

  #failStart(exitCode: number): void {
    this.#release();
    this.#options.onFailedStart(exitCode);
  }

  #takeOver(): void {
    this.#mode = 'refusing';
    const server = this.#refusingServer();
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
    if (this.#offered.unasked > 0) this.#tell(this.#offered.question());
    this.#silentLooks = this.#offered.isWaiting ? this.#silentLooks + 1 : 0;
    const limit = this.#mode === 'serving' ? this.#options.maxStall : START_LIMIT;
    const looks = Math.max(this.#stalledLooks, this.#silentLooks);
    if (!this.#child || this.#mode === 'stopping' || looks * LOOK_EVERY < limit) return;
    this.#options.log(`the process that serves the plugins stood still for ${limit} ms and is ended`);
    this.#stalledLooks = 0;
    this.#silentLooks = 0;
    this.#child.kill('SIGKILL');
  }
}

/** As far as it is known before the module is loaded. */
function nameOf(plugin: string): string {
  return basename(plugin, extname(plugin)).toLowerCase();
}

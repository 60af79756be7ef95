/**
 * The process that serves the plugins on the connections that the supervisor accepts.
 *
 * It outlives a supervisor that Kong ends: with `kong reload` and `kong stop` the worker that owns the supervisor often
 * leaves first, while another one still has requests under way. Then this process accepts connections itself, and ends
 * when nobody can need it any more.
 */
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from './kong-process.ts';
import { ArrivedConnections } from './offered-connections.ts';
import type { PluginServer } from './plugin-server.ts';
import { RefusalNotes } from './refusal-notes.ts';
import { ReplyJournal } from './reply-journal.ts';
import { DESCRIPTORS, type ToServingProcess, type ToSupervisor } from './supervision.ts';
import { isThere, listenOn, listenOnInherited, type SocketIdentity, type UnixSocket } from './unix-socket.ts';

export interface ServingOptions {
  server: PluginServer;
  log: (message: string) => void;
  /** Whether there is work that Kong's connections do not show. */
  isBusy: () => boolean;
  /** Ends the process; phases under way have been given their time. */
  exit: () => void;
}

/** Milliseconds between two signs of life. */
const BEAT_EVERY = 200;
/** Milliseconds between two looks whether this process is still needed. */
const LOOK_EVERY = 1_000;
/** Milliseconds between two looks whether all is done. */
const DRAIN_LOOK_EVERY = 50;

type Begin = Extract<ToServingProcess, { kind: 'begin' }>;
type Offer = Extract<ToServingProcess, { kind: 'connection' }>;

export class ServingProcess {
  readonly #journal = new ReplyJournal(DESCRIPTORS.journal, new RefusalNotes(DESCRIPTORS.refusals));
  readonly #arrived = new ArrivedConnections();
  #options: ServingOptions | undefined;
  #begin: Begin | undefined;
  /** Its own, once there is no supervisor. */
  readonly #sockets: UnixSocket[] = [];
  #hasListened = false;
  #wasUnneeded = false;
  #hasToldFailure = false;

  /** To be called at once: from here on the supervisor sees that this process lives. */
  constructor() {
    this.#beat();
    setInterval(() => this.#beat(), BEAT_EVERY);
    process.on('message', (message: ToServingProcess, socket?: Socket) => this.#hear(message, socket));
    process.once('disconnect', () => void this.#orphaned());
  }

  /** The plugins are loaded, and connections may come. */
  serve(options: ServingOptions): void {
    this.#options = options;
    tell({ kind: 'ready', plugins: options.server.plugins.map(({ name }) => name) });
  }

  #beat(): void {
    if (!this.#journal.beat()) tell({ kind: 'alive' });
    const { failure } = this.#journal;
    if (failure === undefined || this.#hasToldFailure || !this.#options) return;
    this.#hasToldFailure = true;
    this.#options.log(
      `what is owed to Kong cannot be noted (${failure}): make room beside the sockets, and restart`,
    );
  }

  /** Whether who connects to the sockets' paths is heard by this process or its supervisor. */
  isListening(): boolean {
    return this.#identities().every(isThere);
  }

  /** Whether another process has the paths that this one or its supervisor had. */
  isReplaced(): boolean {
    return this.#hasListened && !this.isListening();
  }

  #identities(): SocketIdentity[] {
    return (this.#begin?.sockets ?? []).map((given, index) => this.#sockets[index]?.identity ?? given);
  }

  #hear(message: ToServingProcess, socket: Socket | undefined): void {
    if (message.kind === 'begin') this.#begin = message;
    else if (message.kind === 'listening') this.#hasListened = true;
    else if (message.kind === 'connection') this.#serveConnection(message, socket);
    else if (message.kind === 'ask') tell(this.#arrived.answer(message));
    else void this.#stop(message.limit);
  }

  #serveConnection({ slot, plugin, offer }: Offer, socket: Socket | undefined): void {
    this.#arrived.add(offer);
    if (!socket) {
      // Kong closed it on the way.
      tell({ kind: 'closed', offer });
      return;
    }
    socket.once('close', () => tell({ kind: 'closed', offer }));
    this.#options?.server.serve(plugin, socket, { journal: this.#journal.connection(slot) });
  }

  /** The phases come first: they may send a request to the relay, which is busy until it has its answer. */
  async #stop(limit: number): Promise<void> {
    const until = performance.now() + limit;
    const options = this.#options;
    await options?.server.stop(limit);
    while (options?.isBusy() && performance.now() < until) await sleep(DRAIN_LOOK_EVERY);
    options?.exit();
  }

  async #orphaned(): Promise<void> {
    const options = this.#options;
    if (!options || !this.#begin) process.exit(1);
    const { server, log } = options;
    for (const [plugin, given] of this.#begin.sockets.entries()) {
      const accept = (peer: Socket) => void server.serve(plugin, peer);
      // Also where the path is the next generation's by now: somebody may have connected before, and be waiting.
      const socket = await listenOnInherited(DESCRIPTORS.sockets + plugin, given, accept).catch(() =>
        isThere(given) ? listenOn(given.path, true, accept).catch(() => undefined) : undefined,
      );
      if (socket) this.#sockets[plugin] = socket;
    }
    log('the supervisor is gone: this process serves until it is no longer needed');
    setInterval(() => this.#endIfUnneeded(options), LOOK_EVERY);
  }

  #endIfUnneeded({ server, isBusy, exit }: ServingOptions): void {
    if (this.isReplaced()) server.leave();
    const kong = this.#begin?.kong;
    const isGivenUp = !this.#identities().some(isThere) || (kong !== undefined && !isAlive(kong));
    // A phase that still runs without a connection can be heard of no more: Kong has begun it anew elsewhere.
    const isUnneeded = isGivenUp && server.connectionCount === 0 && !isBusy();
    // Somebody may have connected just before the path was taken, and is accepted between two looks.
    const isStillUnneeded = isUnneeded && this.#wasUnneeded;
    this.#wasUnneeded = isUnneeded;
    if (!isStillUnneeded) return;
    for (const socket of this.#sockets) socket?.release();
    exit();
  }
}

function tell(message: ToSupervisor): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

/** Several plugins in one process, and the connections on which Kong asks for them. */
import type { Socket } from 'node:net';
import { BodyBudget } from './body-budget.ts';
import { FrameReader } from './frame-reader.ts';
import { encodeNotification } from './message.ts';
import type { PluginHost } from './plugin-host.ts';
import type { ConnectionJournal } from './reply-journal.ts';
import { type Peer, Rpc, type RpcLimits } from './rpc.ts';

export interface PluginServerOptions extends RpcLimits {
  hosts: readonly PluginHost[];
  /** Bytes of bodies that may be held at once. */
  maxBytesInFlight: number;
  log: (message: string) => void;
}

export interface ServeOptions {
  /** Where to note what is owed; absent: nowhere. */
  journal?: ConnectionJournal;
  /** Called whenever all that came are whole messages, and answered. */
  onBoundary?: () => void;
  /** Called for what does not belong to Kong's protocol; default: the connection is closed. */
  onMalformed?: () => void;
  /** One answer, and the connection is closed in such a way that Kong does not use it again. */
  isForOneAnswer?: boolean;
}

export interface ServedConnection {
  /** Whether all that came are whole messages, and answered. */
  readonly isAtBoundary: boolean;
  /** The connection is not served any more, and stays open. */
  release(): void;
}

const SWEEP_INTERVAL = 1_000;
/** Bytes: an answer of more may reach Kong in parts. */
const LARGE_REPLY = 65_536;
/**
 * A notification that follows an answer. Kong reads 4,096 bytes at a time, so some of it is left when Kong has the answer,
 * and Kong keeps no connection on which something is left. Closed without it, the connection could be taken by another
 * request in the same moment, and that request would pass.
 */
const FAREWELL = encodeNotification('nothing'.padEnd(8_192));

export class PluginServer {
  /** Bodies that are held. */
  readonly budget: BodyBudget;
  readonly plugins: readonly Rpc[];
  readonly #connections = new Set<Socket>();
  readonly #log: (message: string) => void;
  readonly #sweep: NodeJS.Timeout;
  #isLeaving = false;

  constructor(options: PluginServerOptions) {
    this.budget = new BodyBudget(options.maxBytesInFlight);
    this.#log = options.log;
    this.plugins = options.hosts.map((host) => new Rpc(host, this.budget, options, options.log));
    this.#sweep = setInterval(() => {
      for (const rpc of this.plugins) rpc.sweep();
    }, SWEEP_INTERVAL);
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /**
   * Serves a connection until it is closed.
   *
   * @param index of the plugin among the hosts
   */
  serve(index: number, socket: Socket, options: ServeOptions = {}): ServedConnection {
    const rpc = this.plugins[index];
    if (!rpc) throw new RangeError();
    const { journal, onBoundary } = options;
    const usual = peerOf(socket, journal, onBoundary && (() => process.nextTick(tellBoundary)));
    const peer: Peer = {
      ...usual,
      send: (bytes, endsPhase) => {
        if (options.isForOneAnswer || (endsPhase && this.#isLeaving)) sayLast(socket, bytes);
        else usual.send(bytes);
      },
    };
    const reader = new FrameReader(this.budget, (frame) => rpc.receive(frame, peer));
    const isAtBoundary = () => reader.isAtBoundary && !rpc.owes(peer);
    const tellBoundary = () => {
      if (this.#connections.has(socket) && isAtBoundary()) onBoundary?.();
    };
    const onData = (chunk: Buffer) => {
      if (!this.#read(reader, chunk)) (options.onMalformed ?? (() => socket.destroy()))();
      else if (!reader.isAtBoundary) journal?.readPart();
      else {
        journal?.readWhole();
        if (onBoundary) tellBoundary();
      }
    };
    const release = () => {
      socket.off('data', onData);
      socket.off('close', release);
      this.#connections.delete(socket);
      reader.close();
      rpc.disconnected(peer);
    };
    this.#connections.add(socket);
    socket.on('data', onData);
    socket.on('close', release);
    // A peer that went away in the middle is nothing to report: Kong closes idle connections as it likes.
    if (socket.listenerCount('error') === 0) socket.on('error', () => undefined);
    return {
      get isAtBoundary() {
        return isAtBoundary();
      },
      release,
    };
  }

  /** @returns false when this is not Kong's protocol */
  #read(reader: FrameReader, chunk: Buffer): boolean {
    try {
      reader.push(chunk);
      return true;
    } catch (error) {
      this.#log(`a connection is closed: ${error instanceof Error ? error.message : 'malformed frame'}`);
      return false;
    }
  }

  /**
   * From now on each connection is closed with the end of a phase: another server takes Kong's next ones. While Kong had
   * connections of both, the phases of one request, and the questions of one phase, would reach both.
   */
  leave(): void {
    this.#isLeaving = true;
  }

  /**
   * Resolves when running phases have finished or the time is over; connections are closed then.
   *
   * @param limit milliseconds
   */
  async stop(limit: number): Promise<void> {
    const timeout = new Promise((resolve) => setTimeout(resolve, limit).unref());
    await Promise.race([Promise.all(this.plugins.map((rpc) => rpc.idle())), timeout]);
    clearInterval(this.#sweep);
    for (const connection of this.#connections) connection.destroySoon();
  }
}

function sayLast(socket: Socket, bytes: Uint8Array): void {
  socket.write(Buffer.concat([bytes, FAREWELL]));
  // At once, if the kernel has it all: others need the descriptor.
  if (socket.writableLength === 0) socket.destroy();
  else socket.destroySoon();
}

/** @param onSent called after each answer where nobody notes what is owed */
function peerOf(
  socket: Socket,
  journal: ConnectionJournal | undefined,
  onSent: (() => void) | undefined,
): Peer {
  if (!journal)
    return {
      send(bytes) {
        socket.write(bytes);
        onSent?.();
      },
    };
  return {
    owe: (reply, isUrgent) => journal.owe(reply, isUrgent),
    starting: (messageId) => journal.starting(messageId),
    send(bytes) {
      if (bytes.length < LARGE_REPLY) {
        // In this order: what seems to be owed and was sent, Kong's next words show.
        socket.write(bytes);
        journal.paid();
      } else {
        journal.beginLarge();
        socket.write(bytes, () => journal.written());
      }
    },
  };
}

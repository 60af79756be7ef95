/**
 * Kong's connections as the supervisor holds them, whoever serves them: when the serving process is gone, what it owed
 * is answered here, and Kong is not told that a connection was lost. It would let the requests pass.
 */
import type { Socket } from 'node:net';
import { encodeNotification, encodeResult } from './message.ts';
import { randomId } from './plugin-host.ts';
import type { PluginServer, ServedConnection } from './plugin-server.ts';
import { exitCall, refusalExit } from './refusal.ts';
import type { ConnectionState, JournalReader, OwedReply } from './reply-journal.ts';

export interface HeldConnection {
  /** Its place in the journal. */
  readonly slot: number;
  /** Index of the plugin that is asked for. */
  readonly plugin: number;
  readonly socket: Socket;
  /** Under which the serving process has it. */
  offer?: number;
  /** Absent while the serving process reads from it, and while nobody does. */
  refused?: ServedConnection;
  /** Whether Kong waits for what the serving process owed is about to be known. */
  isUnsettled?: true;
  /** Nobody is served on it any more. */
  isSpoilt?: true;
  /** The journal has no room for it: what is owed on it could not be known. */
  isUnnoted?: boolean;
}

/** Can begin no MessagePack value, and ends every one that is not whole: Kong answers such a request with 500. */
const NEVER_USED = 0xc1;
/** Bytes: more than any reply that can have been cut off. */
const MAX_REPLY = 134_217_728;
const CHUNK = Buffer.alloc(65_536, NEVER_USED);
/** To Kong, nothing while it waits for an answer; it closes a connection on which it does not, and something comes. */
const NOTHING_NEW = encodeNotification('nothing');
/** Milliseconds that Kong is given to show that it waits for no answer, before it is given one. */
const ANSWERED_AFTER = 50;
/** The same, where nothing says that it waits: those on which it does not are closed by then, unless a worker has no time. */
const BROKEN_AFTER = 3_000;
/** Milliseconds without a byte in what looks like the middle of a message. Kong sends each in one go: this is none. */
const MAX_SILENCE = 5_000;

export class HeldConnections {
  readonly #journal: JournalReader;
  readonly #held = new Map<number, HeldConnection>();
  /** Those that the serving process has, also where they are closed here and it does not know that yet. */
  readonly #offered = new Map<number, HeldConnection>();
  readonly #free: number[] = [];
  #lastSlot = 0;
  readonly #brokenAfter: number;
  readonly #maxSilence: number;

  constructor(journal: JournalReader, brokenAfter = BROKEN_AFTER, maxSilence = MAX_SILENCE) {
    this.#journal = journal;
    this.#brokenAfter = brokenAfter;
    this.#maxSilence = maxSilence;
  }

  add(plugin: number, socket: Socket): HeldConnection {
    const slot = this.#free.pop() ?? ++this.#lastSlot;
    const connection: HeldConnection = { slot, plugin, socket };
    this.#held.set(connection.slot, connection);
    this.note(connection);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#forget(connection));
    socket.on('timeout', () => this.#spoilUnlessAtBoundary(connection));
    return connection;
  }

  /** @returns whether what is owed on it can be noted, by now */
  note(connection: HeldConnection): boolean {
    connection.isUnnoted = !this.#journal.clear(connection.slot);
    return !connection.isUnnoted;
  }

  get size(): number {
    return this.#held.size;
  }

  /** Whether Kong waits, or may wait, for what is said here in place of the serving process. */
  get areOwed(): boolean {
    return this.all().some(({ isUnsettled, refused }) => isUnsettled || (refused && !refused.isAtBoundary));
  }

  all(): HeldConnection[] {
    return [...this.#held.values()];
  }

  /** The serving process gets it. */
  offer(connection: HeldConnection, offer: number): void {
    connection.offer = offer;
    this.#offered.set(offer, connection);
  }

  /** The serving process closed what it got under this number; its slot may be another connection's afterwards. */
  close(offer: number): void {
    const connection = this.#offered.get(offer);
    if (!connection) return;
    this.takeBack(connection);
    connection.socket.destroy();
  }

  /** The serving process does not have it, or no more. */
  takeBack(connection: HeldConnection): void {
    if (connection.offer === undefined) return;
    this.#offered.delete(connection.offer);
    delete connection.offer;
    if (this.#held.get(connection.slot) !== connection) this.#free.push(connection.slot);
  }

  /** The serving process is gone. */
  takeAllBack(): void {
    for (const connection of this.#offered.values()) this.takeBack(connection);
  }

  /**
   * Refuses what Kong waits for on a connection that a process served which is gone, and what it asks from now on. What it
   * said and nobody has read is read here.
   *
   * @param onBoundary called when all that came was answered
   */
  takeOver(connection: HeldConnection, server: PluginServer, onBoundary: () => void): void {
    const state = this.#journal.state(connection.slot);
    this.#journal.clear(connection.slot);
    if (state.kind === 'writing' || state.kind === 'reading') {
      this.#spoil(connection, state.kind === 'writing' ? MAX_REPLY : 1);
      return;
    }
    this.refuse(connection, server, onBoundary);
    // Served on: a worker of Kong that stood still may throw the byte away with what it has read before, and go on.
    if (state.kind === 'free')
      this.#settle(connection, this.#brokenAfter, onBoundary, () => {
        connection.socket.write(CHUNK.subarray(0, 1));
      });
    else
      this.#settle(connection, ANSWERED_AFTER, onBoundary, () => {
        connection.socket.write(inPlaceOf(state));
      });
  }

  /**
   * Kong says one thing at a time: when it has said another, it does not wait for an answer to what it said before. And it
   * closes a connection on which it waits for none.
   *
   * @param limit milliseconds for either
   * @param answer called if it does neither
   */
  #settle(connection: HeldConnection, limit: number, onBoundary: () => void, answer: () => void): void {
    const { socket } = connection;
    let hasGoneOn = false;
    const goOn = () => {
      hasGoneOn = true;
    };
    connection.isUnsettled = true;
    socket.once('data', goOn);
    socket.write(NOTHING_NEW);
    // After a look at the connection, however late the time is over.
    const decide = () => {
      socket.off('data', goOn);
      delete connection.isUnsettled;
      if (!hasGoneOn && !socket.destroyed) answer();
      if (connection.refused?.isAtBoundary && !socket.destroyed) onBoundary();
    };
    setTimeout(() => setImmediate(decide), limit);
  }

  /** Refuses what Kong asks on a connection on which nothing is under way. */
  refuse(connection: HeldConnection, server: PluginServer, onBoundary: () => void): void {
    connection.refused = server.serve(connection.plugin, connection.socket, {
      onBoundary,
      onMalformed: () => this.#spoil(connection, 1),
    });
    connection.socket.setTimeout(this.#maxSilence);
    startReading(connection.socket);
  }

  /** Stops reading from it, so that another process can. */
  handOver(connection: HeldConnection): void {
    connection.refused?.release();
    delete connection.refused;
    connection.socket.setTimeout(0);
    connection.socket.pause();
    // Pausing the stream alone would go on reading into its buffer.
    stopReading(connection.socket);
  }

  /**
   * Whether Kong waits is not known. What is sent ends the request if it does; if it does not, Kong closes the connection.
   * It must not be closed here: Kong would take that for a plugin server that is gone.
   */
  #spoil(connection: HeldConnection, bytes: number): void {
    const { socket } = connection;
    connection.refused?.release();
    delete connection.refused;
    connection.isSpoilt = true;
    socket.setTimeout(0);
    const send = (left: number) => {
      if (left > 0 && !socket.destroyed)
        socket.write(CHUNK.subarray(0, left), () => send(left - CHUNK.length));
    };
    send(bytes);
    socket.resume();
  }

  #spoilUnlessAtBoundary(connection: HeldConnection): void {
    if (connection.refused && !connection.refused.isAtBoundary) this.#spoil(connection, 1);
  }

  #forget({ slot, refused, offer }: HeldConnection): void {
    refused?.release();
    this.#held.delete(slot);
    // Until it is closed there, too, what is noted in the slot may be of this connection.
    if (offer === undefined) this.#free.push(slot);
  }
}

function inPlaceOf(state: Extract<ConnectionState, { kind: 'owed' | 'starting' }>): Uint8Array {
  return state.kind === 'owed' ? refusalOf(state.reply) : startedNowhere(state.messageId);
}

/**
 * Kong will be told that there is no such instance, and start another one. An error would end the request, and what
 * stands in for words that Kong does not understand would keep it from ever starting this configuration.
 */
function startedNowhere(messageId: number): Uint8Array {
  return encodeResult(messageId, { Id: randomId(), Config: {} });
}

function refusalOf({ messageId, phase, refuser }: OwedReply): Uint8Array {
  const exit = refusalExit(phase, refuser, 'overloaded');
  return encodeResult(messageId, { Data: exitCall(exit), EventId: randomId() });
}

function stopReading(socket: Socket): void {
  callHandle(socket, 'readStop');
}

function startReading(socket: Socket): void {
  callHandle(socket, 'readStart');
  socket.resume();
}

function callHandle(socket: Socket, method: 'readStart' | 'readStop'): void {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (typeof handle !== 'object' || handle === null) return;
  // Otherwise the stream would begin anew by itself.
  Reflect.set(handle, 'reading', true);
  const called: unknown = Reflect.get(handle, method);
  if (typeof called === 'function') called.call(handle);
}

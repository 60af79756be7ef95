/**
 * Kong's connections as the supervisor holds them, whoever serves them: when the serving process is gone, what it owed
 * is answered here, and Kong is not told that a connection was lost. It would let the requests pass.
 */
import type { Socket } from 'node:net';
import { encodeResult } from './message.ts';
import { randomId } from './plugin-host.ts';
import type { PluginServer, ServedConnection } from './plugin-server.ts';
import { exitCall, refusalExit } from './refusal.ts';
import type { JournalReader, OwedReply } from './reply-journal.ts';

export interface HeldConnection {
  /** Its place in the journal. */
  readonly slot: number;
  /** Index of the plugin that is asked for. */
  readonly plugin: number;
  readonly socket: Socket;
  /** Absent while the serving process reads from it, and while nobody does. */
  refused?: ServedConnection;
  /** Nobody is served on it any more. */
  isSpoilt?: true;
}

/** Can begin no MessagePack value, and ends every one that is not whole: Kong answers such a request with 500. */
const NEVER_USED = 0xc1;
/** Bytes: more than any reply that can have been cut off. */
const MAX_REPLY = 134_217_728;
const CHUNK = Buffer.alloc(65_536, NEVER_USED);

export class HeldConnections {
  readonly #journal: JournalReader;
  readonly #held = new Map<number, HeldConnection>();
  readonly #free: number[] = [];

  constructor(journal: JournalReader) {
    this.#journal = journal;
  }

  add(plugin: number, socket: Socket): HeldConnection {
    const connection = { slot: this.#free.pop() ?? this.#held.size + 1, plugin, socket };
    this.#journal.clear(connection.slot);
    this.#held.set(connection.slot, connection);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#forget(connection));
    return connection;
  }

  all(): HeldConnection[] {
    return [...this.#held.values()];
  }

  /** The serving process closed it. */
  close(slot: number): void {
    this.#held.get(slot)?.socket.destroy();
  }

  /**
   * Refuses what Kong waits for on a connection that a process served which is gone, and what it asks from now on.
   *
   * @param onBoundary called when all that came was answered
   */
  takeOver(connection: HeldConnection, server: PluginServer, onBoundary: () => void): void {
    const state = this.#journal.state(connection.slot);
    this.#journal.clear(connection.slot);
    if (state.kind === 'owed') connection.socket.write(refusalOf(state.reply));
    if (state.kind === 'owed' || state.kind === 'untouched') this.refuse(connection, server, onBoundary);
    else this.#spoil(connection, state.kind === 'writing' ? MAX_REPLY : 1);
  }

  /** Refuses what Kong asks on a connection on which nothing is under way. */
  refuse(connection: HeldConnection, server: PluginServer, onBoundary: () => void): void {
    connection.refused = server.serve(connection.plugin, connection.socket, {
      onBoundary,
      onMalformed: () => this.#spoil(connection, 1),
    });
    connection.socket.resume();
  }

  /** Stops reading from it, so that another process can. */
  handOver(connection: HeldConnection): void {
    connection.refused?.release();
    delete connection.refused;
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
    const send = (left: number) => {
      if (left > 0 && !socket.destroyed)
        socket.write(CHUNK.subarray(0, left), () => send(left - CHUNK.length));
    };
    send(bytes);
    socket.resume();
  }

  #forget({ slot, refused }: HeldConnection): void {
    refused?.release();
    this.#held.delete(slot);
    this.#free.push(slot);
  }
}

function refusalOf({ messageId, phase, refuser }: OwedReply): Uint8Array {
  const exit = refusalExit(phase, refuser, 'overloaded');
  return encodeResult(messageId, { Data: exitCall(exit), EventId: randomId() });
}

function stopReading(socket: Socket): void {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (typeof handle === 'object' && handle !== null && 'readStop' in handle) {
    const { readStop } = handle;
    if (typeof readStop === 'function') readStop.call(handle);
  }
}

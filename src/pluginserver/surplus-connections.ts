/**
 * Connections beyond those that the supervisor has descriptors to keep: each gets one answer and is closed.
 *
 * Were all descriptors in use, Node.js would close every connection that waits to be accepted, and Kong would let the
 * requests pass. So no more of these are accepted than a share of the descriptors: the kernel keeps the others.
 */
import { readSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { PluginServer } from './plugin-server.ts';
import { codeOf, descriptorOf } from './unix-socket.ts';

/** Milliseconds. Kong says what it has to say as soon as it is connected, unless a worker stands still. */
const PATIENCE = 1_000;
/** Milliseconds between two looks at connections on which nothing has come. */
const LOOK_EVERY = 1;

export class SurplusConnections {
  readonly #unanswered = new Set<Socket>();
  readonly #max: number;
  readonly #patience: number;
  readonly #chunk = Buffer.alloc(65_536);

  /** @param max how many there may be */
  constructor(max: number, patience = PATIENCE) {
    this.#max = max;
    this.#patience = patience;
  }

  /** @param server what answers */
  answer(plugin: number, socket: Socket, server: PluginServer): void {
    this.#unanswered.add(socket);
    socket.on('close', () => this.#unanswered.delete(socket));
    server.serve(plugin, socket, { isForOneAnswer: true });
    socket.resume();
    if (this.#unanswered.size >= this.#max) this.#waitForOne();
  }

  /** Before anything else is accepted, and so without giving the event loop back. */
  #waitForOne(): void {
    const deadline = performance.now() + this.#patience;
    do {
      for (const socket of this.#unanswered) {
        this.#read(socket);
        if (socket.destroyed) this.#unanswered.delete(socket);
        if (this.#unanswered.size < this.#max) return;
      }
      Atomics.wait(NEVER, 0, 0, LOOK_EVERY);
    } while (performance.now() < deadline);
  }

  #read(socket: Socket): void {
    try {
      while (!socket.destroyed) {
        const length = readSync(descriptorOf(socket) ?? -1, this.#chunk, 0, this.#chunk.length, null);
        if (length === 0) socket.destroy();
        // What takes it keeps what it needs later.
        else socket.emit('data', Buffer.from(this.#chunk.subarray(0, length)));
      }
    } catch (error) {
      if (codeOf(error) !== 'EAGAIN') socket.destroy();
    }
  }
}

const NEVER = new Int32Array(new SharedArrayBuffer(4));

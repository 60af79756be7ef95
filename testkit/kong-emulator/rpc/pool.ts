/**
 * Keep-alive connections of one worker to one plugin server socket.
 *
 * As in Kong, the connection used last is taken first, and a pooled connection keeps talking to the process that
 * accepted it, whoever owns the socket path by now.
 */

import { connect, type Socket } from 'node:net';

const IDLE_LIMIT_MS = 60_000;
const POOL_SIZE = 256;

export class ConnectionPool {
  readonly #path: string;
  readonly #open = new Set<Socket>();
  #idle: Socket[] = [];
  #closed = false;
  #retired = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** An idle connection, or a new one. Rejects with the socket's error, e.g. `ECONNREFUSED`. */
  async acquire(): Promise<Socket> {
    let pooled = this.#idle.pop();
    // Node says a moment later that a connection is closed; in Kong it has left the pool by then.
    while (pooled?.destroyed) pooled = this.#idle.pop();
    if (this.#closed) throw new Error('the worker has ended');
    if (pooled === undefined) return this.#connect();
    pooled.removeAllListeners('data');
    pooled.setTimeout(0);
    return pooled;
  }

  /** Gives a connection back. Whatever arrives on it while nobody asks makes it unusable. */
  release(socket: Socket): void {
    if (this.#retired || socket.destroyed || socket.readableEnded || this.#idle.length >= POOL_SIZE) {
      socket.destroy();
      return;
    }
    socket.once('data', () => socket.destroy());
    socket.setTimeout(IDLE_LIMIT_MS);
    this.#idle.push(socket);
  }

  /** Keeps no connection any more: a worker that is about to exit uses each one for a single call. */
  retire(): void {
    this.#retired = true;
    for (const socket of this.#idle.splice(0)) socket.destroy();
  }

  /** Closes every connection: the worker ends. */
  close(): void {
    this.#closed = true;
    for (const socket of this.#open) socket.destroy();
  }

  #connect(): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.#path);
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        this.#watch(socket);
        resolve(socket);
      });
    });
  }

  #watch(socket: Socket): void {
    this.#open.add(socket);
    // Errors end in 'close' as well; who waits for an answer listens for that.
    socket.on('error', () => undefined);
    socket.on('timeout', () => socket.destroy());
    socket.on('end', () => socket.destroy());
    socket.on('close', () => {
      this.#open.delete(socket);
      this.#idle = this.#idle.filter((idle) => idle !== socket);
    });
  }
}

/** MessagePack RPC calls of one worker to one plugin's server: one call at a time on a connection. */

import type { Socket } from 'node:net';
import type { Log } from '../log.ts';
import { LuaError, type LuaValue } from '../lua/value.ts';
import { MessageStream } from './message-stream.ts';
import { encode } from './msgpack.ts';
import type { ConnectionPool } from './pool.ts';

/** A result of `undefined` with no error is possible: the server answered nil. */
export interface RpcAnswer {
  readonly result?: LuaValue;
  readonly error?: LuaValue;
}

export interface RpcClientOptions {
  readonly pool: ConnectionPool;
  readonly log: Log;
  /** How long the server may stay silent. */
  readonly timeoutMs: number;
  readonly onNotification: (label: LuaValue, args: LuaValue) => void;
}

/** Bytes that Kong reads at a time. */
const READ_AT_ONCE = 4_096;

type Answered = Extract<Received, { message: unknown }>;
type Received =
  | { readonly message: readonly LuaValue[]; readonly isFollowed: boolean }
  | { readonly failure: 'no data' }
  | { readonly broken: Error };

export class RpcClient {
  readonly #options: RpcClientOptions;
  #lastId = 0;

  constructor(options: RpcClientOptions) {
    this.#options = options;
  }

  /**
   * Calls a method of the plugin server.
   *
   * A server that cannot be reached, goes away or stays silent is an error *value*, which lets the request proceed.
   *
   * @throws {LuaError} for a message that is no answer to this call: in Kong a failed assertion
   */
  async call(method: string, ...args: LuaValue[]): Promise<RpcAnswer> {
    this.#lastId += 1;
    const id = this.#lastId;
    const { pool, log } = this.#options;
    const socket = await pool.acquire().catch((error: NodeJS.ErrnoException) => error);
    if (socket instanceof Error) {
      const reason = connectError(socket);
      log.write('err', `trying to connect: ${reason}`);
      return { error: reason };
    }
    const received = await this.#exchange(socket, encode([0, id, method, args]));
    if ('broken' in received) {
      socket.destroy();
      throw new LuaError(received.broken.message);
    }
    if ('failure' in received) {
      // Kong cannot reuse a connection whose read timed out or ended.
      socket.destroy();
      return { error: received.failure };
    }
    return this.#answer(socket, id, received);
  }

  #answer(socket: Socket, id: number, { message, isFollowed }: Answered): RpcAnswer {
    const [type, answeredId, error, result] = message;
    if (type !== 1 || answeredId !== id) {
      socket.destroy();
      const what = type !== 1 ? 'RPC response expected from the plugin server' : 'unexpected RPC response ID';
      throw new LuaError(what);
    }
    // Kong keeps no connection with "unread data in buffer"; less than it reads at a time, it throws away.
    if (isFollowed) socket.destroy();
    else this.#options.pool.release(socket);
    return error === undefined || error === null ? { result } : { error };
  }

  /** Sends a call and waits for the first message that is not a notification. */
  #exchange(socket: Socket, call: Buffer): Promise<Received> {
    return new Promise((resolve) => {
      const stream = new MessageStream();
      const settle = (received: Received): void => {
        clearTimeout(timer);
        socket.off('data', onData);
        socket.off('close', onClose);
        resolve(received);
      };
      const onClose = (): void => settle({ failure: 'no data' });
      const onData = (chunk: Buffer): void => {
        timer.refresh();
        try {
          stream.push(chunk);
          const message = this.#firstResponse(stream);
          if (message !== undefined) settle({ message, isFollowed: stream.rest >= READ_AT_ONCE });
        } catch (error) {
          settle({ broken: error instanceof Error ? error : new Error(String(error)) });
        }
      };
      const timer = setTimeout(() => settle({ failure: 'no data' }), this.#options.timeoutMs);
      socket.on('data', onData);
      socket.on('close', onClose);
      socket.write(call);
    });
  }

  #firstResponse(stream: MessageStream): readonly LuaValue[] | undefined {
    for (let next = stream.next(); next; next = stream.next()) {
      const message = next.value;
      if (!Array.isArray(message)) throw new LuaError('RPC response expected from the plugin server');
      if (message[0] !== 2) return message;
      this.#options.onNotification(message[1], message[2]);
    }
    return undefined;
  }
}

function connectError(error: NodeJS.ErrnoException): string {
  const known: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'connection refused',
    ENOENT: 'no such file or directory',
    EACCES: 'permission denied',
  };
  return known[error.code ?? ''] ?? error.message;
}

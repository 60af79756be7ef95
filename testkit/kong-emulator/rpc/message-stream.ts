/** Cuts the bytes of an RPC connection into MessagePack messages, whatever the chunks. */

import type { LuaValue } from '../lua/value.ts';
import { decode, Incomplete } from './msgpack.ts';

export class MessageStream {
  #chunks: Buffer[] = [];
  #length = 0;
  #needed = 1;

  /** Adds a chunk and returns the messages that are now complete. */
  push(chunk: Buffer): LuaValue[] {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    const messages: LuaValue[] = [];
    while (this.#length >= this.#needed) {
      const message = this.#next();
      if (message === undefined) break;
      messages.push(message.value);
    }
    return messages;
  }

  #next(): { value: LuaValue } | undefined {
    const buffer = Buffer.concat(this.#chunks, this.#length);
    try {
      const { value, length } = decode(buffer);
      this.#chunks = [buffer.subarray(length)];
      this.#length -= length;
      this.#needed = 1;
      return { value };
    } catch (error) {
      if (!(error instanceof Incomplete)) throw error;
      this.#chunks = [buffer];
      this.#needed = error.needed;
      return undefined;
    }
  }
}

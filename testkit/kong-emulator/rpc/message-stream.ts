/** Cuts the bytes of an RPC connection into MessagePack messages, whatever the chunks. */

import type { LuaValue } from '../lua/value.ts';
import { decode, Incomplete } from './msgpack.ts';

export class MessageStream {
  #chunks: Buffer[] = [];
  #length = 0;
  #needed = 1;

  /** Bytes behind the message that came last. */
  get rest(): number {
    return this.#length;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** @returns the next message, once it is complete */
  next(): { value: LuaValue } | undefined {
    return this.#length >= this.#needed ? this.#decode() : undefined;
  }

  #decode(): { value: LuaValue } | undefined {
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

/**
 * MessagePack as Kong's Lua library writes and reads it.
 *
 * Written by hand because a Lua string is bytes: a header that is not UTF-8 still goes out as *str*, which a
 * JavaScript encoder cannot do; and because the decoder says how many bytes it still needs, so that a large answer
 * is decoded once, not at every chunk.
 */

import {
  Binary,
  isLuaString,
  LuaError,
  LuaObject,
  type LuaValue,
  luaBytes,
  luaString,
  Packed,
} from '../lua/value.ts';

/** Encodes one value. `undefined` members of a map are left out, as Lua tables cannot hold them. */
export function encode(value: LuaValue): Buffer {
  const parts: Uint8Array[] = [];
  write(parts, value);
  return Buffer.concat(parts);
}

function write(parts: Uint8Array[], value: LuaValue): void {
  if (value === null || value === undefined) parts.push(Uint8Array.of(0xc0));
  else if (typeof value === 'boolean') parts.push(Uint8Array.of(value ? 0xc3 : 0xc2));
  else if (typeof value === 'number') parts.push(number(value));
  else if (isLuaString(value)) writeString(parts, luaBytes(value));
  else if (value instanceof Binary) writeBinary(parts, value.bytes);
  else if (value instanceof Packed) parts.push(value.bytes);
  else if (value instanceof LuaObject) write(parts, value.copy());
  else if (Array.isArray(value)) writeArray(parts, value);
  else writeMap(parts, value as { readonly [key: string]: LuaValue });
}

/** Kong's library is set to be readable by old decoders: it never uses *str 8*. */
function writeString(parts: Uint8Array[], bytes: Uint8Array): void {
  if (bytes.length < 32) parts.push(Uint8Array.of(0xa0 | bytes.length));
  else if (bytes.length < 0x10000) parts.push(sized(0xda, bytes.length, 2));
  else parts.push(sized(0xdb, bytes.length, 4));
  parts.push(bytes);
}

function writeBinary(parts: Uint8Array[], bytes: Uint8Array): void {
  if (bytes.length < 0x100) parts.push(sized(0xc4, bytes.length, 1));
  else if (bytes.length < 0x10000) parts.push(sized(0xc5, bytes.length, 2));
  else parts.push(sized(0xc6, bytes.length, 4));
  parts.push(bytes);
}

function writeArray(parts: Uint8Array[], values: readonly LuaValue[]): void {
  parts.push(container(0x90, 0xdc, values.length));
  for (const value of values) write(parts, value);
}

function writeMap(parts: Uint8Array[], map: { readonly [key: string]: LuaValue }): void {
  const entries = Object.entries(map).filter(([, value]) => value !== undefined);
  parts.push(container(0x80, 0xde, entries.length));
  for (const [key, value] of entries) {
    writeString(parts, Buffer.from(key, 'utf8'));
    write(parts, value);
  }
}

function container(short: number, tag: number, count: number): Uint8Array {
  if (count < 16) return Uint8Array.of(short | count);
  return count < 0x10000 ? sized(tag, count, 2) : sized(tag + 1, count, 4);
}

function sized(tag: number, size: number, width: 1 | 2 | 4): Buffer {
  const head = Buffer.alloc(1 + width);
  head[0] = tag;
  head.writeUIntBE(size, 1, width);
  return head;
}

function number(value: number): Buffer {
  if (!Number.isSafeInteger(value)) {
    const bytes = Buffer.alloc(9);
    bytes[0] = 0xcb;
    bytes.writeDoubleBE(value, 1);
    return bytes;
  }
  if (value >= 0) return unsigned(value);
  return negative(value);
}

function unsigned(value: number): Buffer {
  if (value < 0x80) return Buffer.of(value);
  if (value < 0x100) return sized(0xcc, value, 1);
  if (value < 0x10000) return sized(0xcd, value, 2);
  if (value < 0x100000000) return sized(0xce, value, 4);
  const bytes = Buffer.alloc(9);
  bytes[0] = 0xcf;
  bytes.writeBigUInt64BE(BigInt(value), 1);
  return bytes;
}

function negative(value: number): Buffer {
  if (value >= -0x20) return Buffer.of(0x100 + value);
  const width = value >= -0x80 ? 1 : value >= -0x8000 ? 2 : value >= -0x80000000 ? 4 : 8;
  const bytes = Buffer.alloc(1 + width);
  bytes[0] = { 1: 0xd0, 2: 0xd1, 4: 0xd2, 8: 0xd3 }[width] ?? 0xd3;
  if (width === 8) bytes.writeBigInt64BE(BigInt(value), 1);
  else bytes.writeIntBE(value, 1, width);
  return bytes;
}

/** Thrown by `decode` when the buffer ends too early; at least `needed` bytes in all are required. */
export class Incomplete extends Error {
  readonly needed: number;

  constructor(needed: number) {
    super(`MessagePack value is incomplete, at least ${needed} bytes are needed`);
    this.needed = needed;
  }
}

/**
 * Decodes the first value of a buffer.
 *
 * @throws {Incomplete} when more bytes are needed
 * @throws {LuaError} for a type that Kong's library does not read either
 */
export function decode(buffer: Buffer): { value: LuaValue; length: number } {
  const reader = new Reader(buffer);
  const value = reader.read();
  return { value, length: reader.position };
}

class Reader {
  readonly buffer: Buffer;
  position = 0;

  constructor(buffer: Buffer) {
    this.buffer = buffer;
  }

  read(): LuaValue {
    const tag = this.uint(1);
    if (tag < 0x80) return tag;
    if (tag < 0x90) return this.map(tag & 0x0f);
    if (tag < 0xa0) return this.array(tag & 0x0f);
    if (tag < 0xc0) return this.string(tag & 0x1f);
    if (tag >= 0xe0) return tag - 0x100;
    return this.tagged(tag);
  }

  private tagged(tag: number): LuaValue {
    if (tag === 0xc0) return undefined;
    if (tag === 0xc2 || tag === 0xc3) return tag === 0xc3;
    if (tag >= 0xc4 && tag <= 0xc6) return this.bytes(this.uint(1 << (tag - 0xc4)));
    if (tag === 0xca) return this.take(4).readFloatBE();
    if (tag === 0xcb) return this.take(8).readDoubleBE();
    if (tag >= 0xcc && tag <= 0xce) return this.uint(1 << (tag - 0xcc));
    if (tag === 0xcf) return Number(this.take(8).readBigUInt64BE());
    if (tag >= 0xd0 && tag <= 0xd2) return this.take(1 << (tag - 0xd0)).readIntBE(0, 1 << (tag - 0xd0));
    if (tag === 0xd3) return Number(this.take(8).readBigInt64BE());
    if (tag >= 0xd9 && tag <= 0xdb) return this.string(this.uint(1 << (tag - 0xd9)));
    if (tag === 0xdc || tag === 0xdd) return this.array(this.uint(tag === 0xdc ? 2 : 4));
    if (tag === 0xde || tag === 0xdf) return this.map(this.uint(tag === 0xde ? 2 : 4));
    throw new LuaError(`unpack of MessagePack type 0x${tag.toString(16)} is unimplemented`);
  }

  private take(count: number): Buffer {
    const end = this.position + count;
    if (end > this.buffer.length) throw new Incomplete(end);
    const bytes = this.buffer.subarray(this.position, end);
    this.position = end;
    return bytes;
  }

  private uint(width: number): number {
    return this.take(width).readUIntBE(0, width);
  }

  private bytes(length: number): Uint8Array {
    return Uint8Array.from(this.take(length));
  }

  private string(length: number): string | Uint8Array {
    const text = luaString(this.take(length));
    return typeof text === 'string' ? text : Uint8Array.from(text);
  }

  private array(length: number): LuaValue[] {
    const values: LuaValue[] = [];
    for (let index = 0; index < length; index++) values.push(this.read());
    return values;
  }

  private map(length: number): LuaValue {
    const map: { [key: string]: LuaValue } = {};
    for (let index = 0; index < length; index++) {
      const key = this.read();
      const value = this.read();
      map[isLuaString(key) ? luaBytes(key).toString('utf8') : String(key)] = value;
    }
    return map;
  }
}

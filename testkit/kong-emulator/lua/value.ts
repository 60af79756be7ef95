/**
 * The values that cross the border between the gateway and a plugin server: what Kong holds as Lua values.
 *
 * Lua has one string type for text and bytes. Here a `string` is text, sent as UTF-8; a `Uint8Array` is bytes that
 * are not text; both go out as MessagePack *str*. Only `Binary` goes out as *bin*, for the few PDK calls where Kong
 * asks for that.
 */

import { isUtf8 } from 'node:buffer';
import type { LuaProxy } from 'fengari';

export type LuaValue =
  | null
  | undefined
  | boolean
  | number
  | string
  | Uint8Array
  | Binary
  | Packed
  | LuaObject
  | readonly LuaValue[]
  | { readonly [key: string]: LuaValue };

/** Bytes that Kong marks as MessagePack *bin*. */
export class Binary {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** What a Lua function wrote for itself: MessagePack already. */
export class Packed {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** A table or a function of a worker's Lua, kept as what it is. */
export class LuaObject {
  readonly push: LuaProxy;
  readonly isFunction: boolean;
  readonly #read: (proxy: LuaProxy) => LuaValue;

  constructor(push: LuaProxy, isFunction: boolean, read: (proxy: LuaProxy) => LuaValue) {
    this.push = push;
    this.isFunction = isFunction;
    this.#read = read;
  }

  /** What it holds now, as a copy. */
  copy(): LuaValue {
    return this.#read(this.push);
  }
}

/** Several results of one function; a plugin server gets the first alone. */
export class LuaResults {
  readonly values: readonly LuaValue[];

  constructor(...values: LuaValue[]) {
    this.values = values;
  }
}

/** What Lua's `error()` throws: it ends the phase and becomes a 500 for the client. */
export class LuaError extends Error {
  override readonly name = 'LuaError';
}

/** Bytes as a Lua string value: text where they are UTF-8, else the bytes themselves. */
export function luaString(bytes: Uint8Array): string | Uint8Array {
  return isUtf8(bytes)
    ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
    : bytes;
}

/** The bytes of a Lua string. */
export function luaBytes(value: string | Uint8Array): Buffer {
  if (typeof value === 'string') return Buffer.from(value, 'utf8');
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

/** Whether Lua's `type()` would say "string". */
export function isLuaString(value: LuaValue): value is string | Uint8Array {
  return typeof value === 'string' || value instanceof Uint8Array;
}

/** Whether Lua's `type()` would say "table". */
export function isLuaTable(
  value: LuaValue,
): value is readonly LuaValue[] | { readonly [key: string]: LuaValue } {
  return (
    typeof value === 'object' &&
    value !== null &&
    !(value instanceof Uint8Array) &&
    !(value instanceof Binary) &&
    !(value instanceof Packed) &&
    !(value instanceof LuaObject)
  );
}

/** What Lua's `type()` says. */
export function luaType(value: LuaValue): string {
  if (value === null || value === undefined) return 'nil';
  if (isLuaString(value)) return 'string';
  return isLuaTable(value) ? 'table' : typeof value;
}

/** Node keeps header values and paths as one character a byte; Lua sees the bytes. */
export function fromWire(latin1: string): string | Uint8Array {
  for (let index = 0; index < latin1.length; index++) {
    if (latin1.charCodeAt(index) > 0x7f) return luaString(Buffer.from(latin1, 'latin1'));
  }
  return latin1;
}

/** The reverse of `fromWire`. */
export function toWire(value: string | Uint8Array): string {
  return luaBytes(value).toString('latin1');
}

/** What Lua's `tostring()` gives, for log lines. */
export function luaToString(value: LuaValue): string {
  if (value === null || value === undefined) return 'nil';
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (value instanceof Binary) return Buffer.from(value.bytes).toString('utf8');
  return isLuaTable(value) ? 'table' : String(value);
}

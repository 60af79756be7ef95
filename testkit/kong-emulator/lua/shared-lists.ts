/** Lists in nginx's shared memory, each with a time to live. */
import { isLuaString, type LuaValue } from './value.ts';

/** Bytes. Kong's own size of `kong_locks`; nginx rounds up what it keeps. */
const CAPACITY = 8 * 1024 * 1024;
const EACH = 128;

interface List {
  values: LuaValue[];
  /** Milliseconds, as Date.now() counts them. */
  until: number;
}

export class SharedLists {
  readonly #lists = new Map<string, List>();
  #used = 0;

  /** @returns how long the list is now; undefined without room for it, of which nginx makes none */
  push(key: string, value: LuaValue): number | undefined {
    if (this.#used + sizeOf(value) > CAPACITY) return undefined;
    this.#used += sizeOf(value);
    const list = this.#find(key) ?? { values: [], until: Number.POSITIVE_INFINITY };
    this.#lists.set(key, list);
    return list.values.unshift(value);
  }

  /** A list without values is none. */
  pop(key: string): LuaValue {
    const list = this.#find(key);
    if (!list) return undefined;
    const value = list.values.shift();
    this.#used -= sizeOf(value);
    if (list.values.length === 0) this.#lists.delete(key);
    return value;
  }

  /** @returns whether there is such a list */
  expire(key: string, seconds: number): boolean {
    const list = this.#find(key);
    if (list) list.until = seconds === 0 ? Number.POSITIVE_INFINITY : Date.now() + seconds * 1_000;
    return list !== undefined;
  }

  delete(key: string): boolean {
    for (const value of this.#lists.get(key)?.values ?? []) this.#used -= sizeOf(value);
    this.#lists.delete(key);
    return true;
  }

  #find(key: string): List | undefined {
    const list = this.#lists.get(key);
    if (list && list.until > Date.now()) return list;
    this.delete(key);
    return undefined;
  }
}

function sizeOf(value: LuaValue): number {
  return EACH + (isLuaString(value) ? value.length : 0);
}

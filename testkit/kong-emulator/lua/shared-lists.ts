/** Lists in nginx's shared memory, each with a time to live. */
import type { LuaValue } from './value.ts';

interface List {
  values: LuaValue[];
  /** Milliseconds, as Date.now() counts them. */
  until: number;
}

export class SharedLists {
  readonly #lists = new Map<string, List>();

  /** @returns how long the list is now */
  push(key: string, value: LuaValue): number {
    const list = this.#find(key) ?? { values: [], until: Number.POSITIVE_INFINITY };
    this.#lists.set(key, list);
    return list.values.unshift(value);
  }

  /** A list without values is none. */
  pop(key: string): LuaValue {
    const list = this.#find(key);
    const value = list?.values.shift();
    if (list?.values.length === 0) this.#lists.delete(key);
    return value;
  }

  /** @returns whether there is such a list */
  expire(key: string, seconds: number): boolean {
    const list = this.#find(key);
    if (list) list.until = seconds === 0 ? Number.POSITIVE_INFINITY : Date.now() + seconds * 1_000;
    return list !== undefined;
  }

  delete(key: string): boolean {
    this.#lists.delete(key);
    return true;
  }

  #find(key: string): List | undefined {
    const list = this.#lists.get(key);
    if (list && list.until > Date.now()) return list;
    this.#lists.delete(key);
    return undefined;
  }
}

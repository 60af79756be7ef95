/** How many files, connections among them, this process may have open at once. */
import { readFileSync } from 'node:fs';

/** @returns what Node.js takes, which is all that it may */
export function maxOpenFiles(): number {
  try {
    const [, hard] = /^Max open files +\S+ +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return hard === undefined ? Number.POSITIVE_INFINITY : Number(hard);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

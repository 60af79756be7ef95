/** The gateway's error log: what Kong would write to its own, one object a line. */

export type LogLevel = 'debug' | 'info' | 'notice' | 'warn' | 'err' | 'crit' | 'alert' | 'emerg';

export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
}

/** Writes lines of every level; a reader that wants Kong's default view drops `debug` and `info`. */
export class Log {
  readonly lines: LogLine[] = [];
  readonly #sink: ((line: LogLine) => void) | undefined;

  constructor(sink?: (line: LogLine) => void) {
    this.#sink = sink;
  }

  write(level: LogLevel, message: string): void {
    const line = { level, message };
    appendBounded(this.lines, line);
    this.#sink?.(line);
  }
}

/** How many log lines and records a gateway keeps at least; the oldest go first. */
const KEPT = 50_000;

/** Appends to a list that must not grow for ever under load. */
export function appendBounded<T>(list: T[], item: T): void {
  list.push(item);
  if (list.length >= 2 * KEPT) list.splice(0, list.length - KEPT);
}

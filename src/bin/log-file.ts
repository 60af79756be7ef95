/** A file, or a pipe, that lines are appended to. Nothing waits for who reads them. */
import { closeSync, constants, fstatSync, openSync, type Stats, statSync, writeSync } from 'node:fs';

/** Readable by the group, which log shippers belong to. */
const MODE = 0o640;
/** A pipe that is full, or that nobody reads, must not hold up what writes into it. */
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
/** Milliseconds between two looks whether the file was rotated away. */
const LOOK_EVERY = 1_000;

export class LogFile {
  readonly #path: string;
  #descriptor: number;
  #lookedAt = performance.now();
  /** The last line was written in part. */
  #isCut = false;

  /** @throws if it cannot be opened */
  constructor(path: string) {
    this.#path = path;
    this.#descriptor = openSync(path, APPEND, MODE);
  }

  /** @param line with its end */
  append(line: string): void {
    this.#followRotation();
    const bytes = Buffer.from(this.#isCut ? `\n${line}` : line);
    try {
      this.#isCut = writeSync(this.#descriptor, bytes) < bytes.length;
    } catch {
      // Rather this line is lost than that a request waits for who reads them.
    }
  }

  /** What was renamed or removed would be written on until the disk is full. */
  #followRotation(): void {
    const now = performance.now();
    if (now - this.#lookedAt < LOOK_EVERY) return;
    this.#lookedAt = now;
    try {
      const own = fstatSync(this.#descriptor);
      if (!own.isFile() || isSame(own, statSync(this.#path, { throwIfNoEntry: false }))) return;
      const next = openSync(this.#path, APPEND, MODE);
      closeSync(this.#descriptor);
      this.#descriptor = next;
      this.#isCut = false;
    } catch {
      // The one that is open is better than none.
    }
  }
}

function isSame(own: Stats, there: Stats | undefined): boolean {
  return there !== undefined && there.ino === own.ino && there.dev === own.dev;
}

/**
 * Cuts a stream of MessagePack values into frames, each read once however the bytes are cut.
 *
 * Values larger than `BULK` are bodies. What does not fit the budget, or has to make room while it arrives, is read past
 * and stands in the frame as nil, so that the frame still says which event it was for.
 *
 * @see https://github.com/msgpack/msgpack/blob/master/spec.md
 */
import type { Reservation } from '../fair-share/fair-budget.ts';
import type { BodyBudget } from './body-budget.ts';

export interface Frame {
  /** One whole MessagePack value. */
  bytes: Uint8Array;
  /** Its bodies in the budget; whoever takes the frame releases them. */
  bodies: Reservation | undefined;
  /** There was no room for a body, and it is missing. */
  isTruncated: boolean;
}

export class MalformedFrame extends Error {
  override readonly name = 'MalformedFrame';
}

/** Strings and binaries up to this size are not counted. */
const BULK = 65_536;
/** What Kong sends beside bodies: headers, configurations, serialized log records. */
const MAX_REST = 4_194_304;
/** Kong's deepest value is a header inside a map inside the arguments. */
const MAX_DEPTH = 32;
const NIL = Uint8Array.of(0xc0);
/** Bytes before a body: its type, and its length in four. */
const BODY_HEAD = 5;

export class FrameReader {
  readonly #budget: Pick<BodyBudget, 'arrive'>;
  readonly #onFrame: (frame: Frame) => void;
  /** Bytes of the current frame from earlier chunks. */
  #parts: Uint8Array[] = [];
  /** How many of these bytes are of no body. */
  #rest = 0;
  #bodies: Reservation | undefined;
  #isTruncated = false;
  /** What becomes of the body that is arriving. */
  #body: 'kept' | 'dropped' | undefined;
  /** How many parts there were before it. */
  #partsBefore = 0;
  /** How many values are still to come, one count for each open container. */
  #open: number[] = [1];
  /** Bytes of content to pass over. */
  #skip = 0;
  /** A length that follows its type byte: how many bytes are missing, what they say so far, what it measures. */
  #lengthBytes = 0;
  #length = 0;
  #lengthOf: TypeKind = 'bytes';

  constructor(budget: Pick<BodyBudget, 'arrive'>, onFrame: (frame: Frame) => void) {
    this.#budget = budget;
    this.#onFrame = onFrame;
  }

  /** Whether all that came are whole frames. */
  get isAtBoundary(): boolean {
    return this.#parts.length === 0 && this.#skip === 0 && this.#lengthBytes === 0 && this.#open.length === 1;
  }

  /** @throws MalformedFrame nothing after it can be trusted: close the connection */
  push(chunk: Uint8Array): void {
    let start = 0;
    let at = 0;
    while (at < chunk.length) {
      if (this.#skip > 0) {
        const passed = Math.min(this.#skip, chunk.length - at);
        this.#skip -= passed;
        at += passed;
        if (this.#skip > 0) break;
        if (this.#body) {
          this.#keep(chunk.subarray(start, at));
          this.#body = undefined;
          start = at;
        }
        this.#valueEnded();
      } else if (this.#lengthBytes > 0) {
        this.#length = this.#length * 256 + (chunk[at++] ?? 0);
        if (--this.#lengthBytes === 0 && this.#lengthKnown() === 'body') {
          this.#keep(chunk.subarray(start, at));
          this.#beginBody();
          start = at;
        }
      } else {
        this.#typeByte(chunk[at++] ?? 0);
      }
      if (this.#open.length === 0) {
        this.#endFrame(chunk.subarray(start, at));
        start = at;
      }
    }
    if (start < at) this.#keep(chunk.subarray(start, at));
  }

  /** Gives back what an unfinished frame holds. */
  close(): void {
    this.#bodies?.release();
    this.#bodies = undefined;
  }

  #typeByte(byte: number): void {
    if (byte <= 0x7f || byte >= 0xe0) this.#valueEnded();
    else if (byte <= 0x8f) this.#container(2 * (byte & 0x0f));
    else if (byte <= 0x9f) this.#container(byte & 0x0f);
    else if (byte <= 0xbf) this.#content(byte & 0x1f);
    else this.#longType(...(TYPES[byte - 0xc0] ?? NEVER));
  }

  #longType(kind: TypeKind, size: number): void {
    if (kind === 'never') throw new MalformedFrame('not MessagePack');
    if (kind === 'fixed') {
      this.#content(size);
    } else {
      this.#lengthOf = kind;
      this.#lengthBytes = size;
      this.#length = 0;
    }
  }

  /** @returns 'body' when one follows */
  #lengthKnown(): 'body' | undefined {
    if (this.#lengthOf === 'array') this.#container(this.#length);
    else if (this.#lengthOf === 'map') this.#container(2 * this.#length);
    else {
      const size = this.#length + (this.#lengthOf === 'extension' ? 1 : 0);
      this.#content(size);
      if (size > BULK) return 'body';
    }
    return undefined;
  }

  #content(size: number): void {
    if (size === 0) this.#valueEnded();
    else this.#skip = size;
  }

  #container(values: number): void {
    if (this.#open.length > MAX_DEPTH) throw new MalformedFrame('nested too deeply');
    if (values === 0) this.#valueEnded();
    else this.#open.push(values);
  }

  #valueEnded(): void {
    while (this.#open.length > 0) {
      const left = (this.#open.pop() ?? 0) - 1;
      if (left > 0) {
        this.#open.push(left);
        return;
      }
    }
  }

  /** Its type and length were just read. */
  #beginBody(): void {
    this.#partsBefore = this.#parts.length;
    this.#body = 'kept';
    if (!this.#holds(this.#skip)) this.#dropBody();
  }

  #holds(bytes: number): boolean {
    if (this.#bodies) return this.#bodies.grow(bytes);
    this.#bodies = this.#budget.arrive(bytes, () => this.#loseBodies());
    return this.#bodies !== undefined;
  }

  /** Their room was given to a smaller one. */
  #loseBodies(): void {
    this.#bodies = undefined;
    this.#isTruncated = true;
    if (this.#body === 'kept') this.#dropBody();
  }

  /** Puts nil in its place. */
  #dropBody(): void {
    const before = Buffer.concat(this.#parts.slice(0, this.#partsBefore));
    this.#parts = [before.subarray(0, -BODY_HEAD), NIL];
    this.#isTruncated = true;
    this.#body = 'dropped';
  }

  #keep(bytes: Uint8Array): void {
    if (this.#body === 'dropped') return;
    if (!this.#body) this.#rest += bytes.length;
    if (this.#rest > MAX_REST) throw new MalformedFrame('larger than anything that Kong sends');
    this.#parts.push(bytes);
  }

  #endFrame(bytes: Uint8Array): void {
    const whole = this.#parts.length === 0 ? bytes : Buffer.concat([...this.#parts, bytes]);
    const frame = { bytes: whole, bodies: this.#bodies, isTruncated: this.#isTruncated };
    this.#parts = [];
    this.#rest = 0;
    this.#bodies = undefined;
    this.#isTruncated = false;
    this.#open = [1];
    this.#onFrame(frame);
  }
}

type TypeKind = 'fixed' | 'never' | 'bytes' | 'extension' | 'array' | 'map';

const NEVER: [TypeKind, number] = ['never', 0];

/** The type bytes from 0xc0 on: content of a fixed size, or how many bytes of length follow. */
const TYPES: [TypeKind, number][] = [
  ['fixed', 0], // nil
  NEVER,
  ['fixed', 0], // false
  ['fixed', 0], // true
  ['bytes', 1], // bin
  ['bytes', 2],
  ['bytes', 4],
  ['extension', 1],
  ['extension', 2],
  ['extension', 4],
  ['fixed', 4], // float
  ['fixed', 8],
  ['fixed', 1], // unsigned
  ['fixed', 2],
  ['fixed', 4],
  ['fixed', 8],
  ['fixed', 1], // signed
  ['fixed', 2],
  ['fixed', 4],
  ['fixed', 8],
  ['fixed', 2], // extensions of a fixed size, their type byte included
  ['fixed', 3],
  ['fixed', 5],
  ['fixed', 9],
  ['fixed', 17],
  ['bytes', 1], // str
  ['bytes', 2],
  ['bytes', 4],
  ['array', 2],
  ['array', 4],
  ['map', 2],
  ['map', 4],
];

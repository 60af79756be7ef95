/** Texts of a stream that arrive in deltas, each under a key of its reader's choice: what the reader sees as one. */
import type { Path } from '../body/json/edit.ts';
import type { Collector } from './collector.ts';
import { readGrowing } from './cumulative-text.ts';
import type { Derived, Piece, Role, Segment, SegmentKind, ToolCall } from './segment.ts';

interface DeltaText {
  role: Role;
  kind: SegmentKind;
  pieces: Piece[];
}

/** Reads something that is no delta of a text. */
type Note = (out: Collector) => void;

export class DeltaTexts {
  readonly #texts = new Map<string, DeltaText>();
  readonly #calls = new Map<string, ToolCall>();
  readonly #notes: Note[] = [];
  readonly #derived: Derived[] = [];

  /** A delta, or, where a string is due and something else stands, every string in it. */
  add(key: string, role: Role, kind: SegmentKind, value: unknown, path: Path): void {
    if (value === undefined || value === null) return;
    if (typeof value !== 'string') {
      this.note((out) => out.leaves(role, kind, value, path));
      return;
    }
    this.addPiece(key, role, kind, { text: value, path });
  }

  addPiece(key: string, role: Role, kind: SegmentKind, piece: Piece): void {
    const text = this.#texts.get(key);
    if (text) text.pieces.push(piece);
    else this.#texts.set(key, { role, kind, pieces: [piece] });
  }

  /** The text is the arguments of a call of this tool. */
  nameCall(key: string, name: string): void {
    const call = this.#calls.get(key);
    if (call) call.names.push(name);
    else this.#calls.set(key, { names: [name] });
  }

  note(read: Note): void {
    this.#notes.push(read);
  }

  /** Something that repeats parts of any of the texts. */
  derive(derived: readonly Derived[]): void {
    for (const one of derived) this.#derived.push(one);
  }

  piecesOf(key: string): readonly Piece[] {
    return this.#texts.get(key)?.pieces ?? [];
  }

  /** Texts in the order of their first pieces, then the notes. */
  read(out: Collector): Segment[] {
    const segments = this.readTexts(out);
    this.readNotes(out);
    return segments;
  }

  readTexts(out: Collector): Segment[] {
    const segments: Segment[] = [];
    out.deriving(this.#derived, () => {
      for (const [key, { role, kind, pieces }] of this.#texts) {
        const segment = readGrowing(out, role, kind, pieces);
        const call = this.#calls.get(key);
        if (segment && call) segment.call = call;
        if (segment) segments.push(segment);
      }
    });
    return segments;
  }

  readNotes(out: Collector): void {
    for (const read of this.#notes) read(out);
  }
}

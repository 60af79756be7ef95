/**
 * Texts that grow over a stream's events, and are often told again whole: by events of their own, by the item they
 * belong to, by the answer at the end. What is told twice is inspected once, and rewritten everywhere.
 */
import type { Path } from '../../body/json/edit.ts';
import { Collector } from '../collector.ts';
import type { Derived, Piece, Role, Segment, SegmentKind, ToolCall } from '../segment.ts';

/** Which text of the answer it is, whichever event tells it: the steps to it, or any others that tell it apart. */
export type TextId = readonly (string | number)[];

/** What one narrator says about one text of the answer. */
interface Telling {
  id: TextId;
  role: Role;
  kind: SegmentKind;
  pieces: Piece[];
  copies: Segment['copies'];
  derived: Derived[];
  bound: Segment['bound'];
  isWhole: boolean;
}

/** As many as a collector takes. */
const MAX_TELLINGS = 10_000;

function choiceOf(id: TextId): string {
  return JSON.stringify(id.slice(0, 2));
}

export class ToldTexts {
  /** By narrator and text: the deltas are one narrator, each event that tells texts whole is another. */
  readonly #tellings = new Map<string, Telling>();
  /** The same by the first two steps of their ids: amending one of many choices must not look at all of them. */
  readonly #byChoice = new Map<string, Telling[]>();
  #isTooMuch = false;

  /**
   * @param narrator who tells it; what one narrator tells about one text is joined. The number of an event tells no
   * more of it later.
   * @param segment what was found of it, in pieces that follow those already told
   */
  tell(narrator: string | number, id: TextId, segment: Segment): void {
    const { role, kind, pieces, copies, derived, bound } = segment;
    const key = JSON.stringify([narrator, id, role, kind]);
    const telling = this.#tellings.get(key);
    if (telling) {
      telling.pieces.push(...pieces);
      telling.derived.push(...derived);
      telling.bound ??= bound;
      return;
    }
    this.#isTooMuch ||= this.#tellings.size >= MAX_TELLINGS;
    if (this.#isTooMuch) return;
    const first: Telling = {
      ...{ id, role, kind, bound, isWhole: typeof narrator === 'number' },
      pieces: [...pieces],
      copies: [...copies],
      derived: [...derived],
    };
    this.#tellings.set(key, first);
    const choice = choiceOf(id);
    const ofChoice = this.#byChoice.get(choice) ?? [];
    ofChoice.push(first);
    this.#byChoice.set(choice, ofChoice);
  }

  /** What holds for all texts below `id`, whichever event says so: what repeats them, or that they are signed. */
  amend(id: TextId, what: { derived: readonly Derived[] } | { bound: 'signature' }): void {
    const candidates = id.length < 2 ? this.#tellings.values() : (this.#byChoice.get(choiceOf(id)) ?? []);
    for (const telling of candidates) {
      if (telling.role !== 'assistant' || id.some((step, index) => telling.id[index] !== step)) continue;
      if ('derived' in what) telling.derived = [...telling.derived, ...what.derived];
      else telling.bound ??= what.bound;
    }
  }

  /** The texts so far. */
  texts(): ReadonlySet<string> {
    return new Set([...this.#tellings.values()].map(textOf));
  }

  /** Hands everything to `out`, in the order in which it begins; what was told first is the original. */
  collect(out: Collector): void {
    if (this.#isTooMuch) out.found.isTooMuch = true;
    const originals = this.#originals();
    originals.sort((a, b) => startOf(a) - startOf(b));
    const callOf = callsIn(originals);
    for (const { id, role, kind, pieces, copies, derived, bound, isWhole } of originals) {
      const segment = out.joined(role, kind, pieces);
      if (!segment) continue;
      if (isWhole) segment.isWhole = true;
      const call = kind === 'tool_arguments' ? callOf(id) : undefined;
      if (call) segment.call = call;
      if (id[0] === 'choices' && id[1] !== undefined) segment.choice = id[1];
      segment.copies.push(...copies);
      segment.derived = [...segment.derived, ...derived];
      if (bound) segment.bound = bound;
    }
  }

  /** A copy is told in one piece: another in several is rewritten on its own. */
  #originals(): Telling[] {
    const originals = new Map<string, Telling>();
    const others: Telling[] = [];
    for (const telling of this.#tellings.values()) {
      const key = JSON.stringify([telling.id, telling.role, telling.kind, textOf(telling)]);
      const original = originals.get(key);
      const [piece, ...more] = telling.pieces;
      if (!original) originals.set(key, telling);
      else if (!piece || more.length > 0) others.push(telling);
      else {
        const { text: _, ...place } = piece;
        original.copies.push(place, ...telling.copies);
        original.derived.push(...telling.derived);
        original.bound ??= telling.bound;
      }
    }
    return [...originals.values(), ...others];
  }
}

function textOf({ pieces }: Telling): string {
  return pieces.map((piece) => piece.text).join('');
}

/** @returns which call a text belongs to: the one whose names stand beside it, or beside something that it is a part of */
function callsIn(tellings: readonly Telling[]): (id: TextId) => ToolCall | undefined {
  const calls = new Map<string, ToolCall>();
  for (const telling of tellings) {
    if (telling.bound !== 'label') continue;
    const owner = JSON.stringify(telling.id.slice(0, -1));
    const call = calls.get(owner) ?? { names: [] };
    call.names.push(textOf(telling));
    calls.set(owner, call);
  }
  return (id) => {
    for (let length = id.length - 1; length > 0 && calls.size > 0; length--) {
      const call = calls.get(JSON.stringify(id.slice(0, length)));
      if (call) return call;
    }
    return undefined;
  };
}

function startOf({ pieces }: Telling): number {
  return Number(pieces[0]?.path[0] ?? 0);
}

const NONE: readonly Segment[] = [];

/**
 * Gathers what one event tells, or one after the other.
 *
 * JSON in a string is read string by string where it has escapes; but fragments of JSON cannot be read like that, and a
 * copy of what they told has to be read as they were.
 */
export class EventCollector extends Collector {
  readonly #told: ReadonlySet<string> | undefined;

  /** @param told what the deltas told; undefined where the event tells fragments itself */
  constructor(told?: ReadonlySet<string>) {
    super();
    this.#told = told;
  }

  override jsonString(...[role, kind, value, path]: Parameters<Collector['jsonString']>): void {
    const isToldInFragments = typeof value === 'string' && (this.#told?.has(value) ?? true);
    if (isToldInFragments) this.text(role, kind, value, path);
    else super.jsonString(role, kind, value, path);
  }

  /** The collector that gathers all events asks that; keys for every event twice would be felt. */
  protected override isNew(): boolean {
    return true;
  }

  /** The segments that were found since they were last taken. */
  take(): readonly Segment[] {
    return this.found.segments.length === 0 ? NONE : this.found.segments.splice(0);
  }

  /** Media and unreadable parts, which no segment stands for. */
  countInto(out: Collector): void {
    for (let count = this.found.opaque; count > 0; count--) out.opaque();
    this.warn(out);
  }

  /** What no segment tells: that parts cannot be read, or that there are more texts than these. */
  warn(out: Collector): void {
    for (let count = this.found.unreadable; count > 0; count--) out.unreadable();
    if (this.found.isTooMuch) out.found.isTooMuch = true;
  }
}

/** Where a segment begins, without the first steps. */
export function belowOf({ pieces: [piece] }: Segment, steps: number): Path {
  return piece ? [...piece.path.slice(steps), ...(piece.inner ?? [])] : [];
}

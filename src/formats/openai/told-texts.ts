/**
 * Texts that grow over a stream's events, and are often told again whole: by events of their own, by the item they
 * belong to, by the answer at the end. What is told twice is inspected once, and rewritten everywhere.
 */
import type { Path } from '../../body/json/edit.ts';
import { PathMap } from '../../body/json/path-map.ts';
import { textKey } from '../../body/text-key.ts';
import { Collector } from '../collector.ts';
import { claimCopies, incrementsOf, type Reading, readAlso, readingOf } from '../cumulative-text.ts';
import type { DerivedGroup, Piece, Role, Segment, SegmentKind, ToolCall } from '../segment.ts';

/** Which text of the answer it is, whichever event tells it: the steps to it, or any others that tell it apart. */
export type TextId = readonly (string | number)[];

/** What one narrator says about one text of the answer. */
interface Telling {
  id: TextId;
  role: Role;
  kind: SegmentKind;
  pieces: Piece[];
  copies: Segment['copies'];
  derived: DerivedGroup[];
  bound: Segment['bound'];
  isWhole: boolean;
  /** Others of the same id may repeat it, and more. */
  isSoFar?: boolean;
  /** Its pieces are what each of them added. */
  isRepeated?: true;
}

/** As many as a collector takes. */
const MAX_TELLINGS = 10_000;

/** What holds for all texts below an id. */
interface Amendment {
  derived: DerivedGroup[];
  isSigned: boolean;
}

export class ToldTexts {
  /** In the order in which they begin. */
  #tellings: Telling[] = [];
  /** The same by their ids, and who tells them: the deltas are one narrator, each event that tells texts whole is another. */
  readonly #byId = new PathMap<Map<string, Telling>>();
  readonly #amendments = new PathMap<Amendment>();
  readonly #isCounted: boolean;
  #isTooMuch = false;

  /** @param isCounted each piece may as well be a text of its own: both readings are handed out */
  constructor(isCounted = false) {
    this.#isCounted = isCounted;
  }

  /**
   * @param narrator who tells it; what one narrator tells about one text is joined. The number of an event tells no
   * more of it later.
   * @param segment what was found of it, in pieces that follow those already told
   */
  tell(narrator: string | number, id: TextId, segment: Segment): void {
    const { role, kind, pieces, copies, derived, bound } = segment;
    const entry = this.#byId.at(id);
    entry.value ??= new Map();
    const key = `${narrator} ${role} ${kind}`;
    const telling = entry.value.get(key);
    if (telling) {
      for (const piece of pieces) telling.pieces.push(piece);
      for (const group of derived) telling.derived.push(group);
      telling.bound ??= bound;
      return;
    }
    this.#isTooMuch ||= this.#tellings.length >= MAX_TELLINGS;
    if (this.#isTooMuch) return;
    const first: Telling = {
      ...{ id, role, kind, bound, isWhole: typeof narrator === 'number' },
      pieces: [...pieces],
      copies: [...copies],
      derived: [...derived],
    };
    entry.value.set(key, first);
    this.#tellings.push(first);
  }

  /**
   * What an event tells of all that was said until then: the next one may repeat it, and more.
   *
   * @param isLast no other will
   */
  tellSoFar(event: number, id: TextId, segment: Segment, isLast: boolean): void {
    this.tell(event, id, segment);
    const telling = this.#byId.at(id).value?.get(`${event} ${segment.role} ${segment.kind}`);
    if (telling?.role !== 'assistant') return;
    telling.isSoFar = telling.pieces.length === 1;
    telling.isWhole = isLast;
  }

  /** What holds for all texts below `id`, whichever event says so: what repeats them, or that they are signed. */
  amend(id: TextId, what: { derived: DerivedGroup } | { bound: 'signature' }): void {
    const entry = this.#amendments.at(id);
    entry.value ??= { derived: [], isSigned: false };
    if (!('derived' in what)) entry.value.isSigned = true;
    else if (what.derived.length > 0) entry.value.derived.push(what.derived);
  }

  /** Hands everything to `out`, in the order in which it begins; what was told first is the original. */
  collect(out: Collector): void {
    if (this.#isTooMuch) out.found.isTooMuch = true;
    this.#applyAmendments();
    this.#joinRepeating();
    const originals = this.#originals();
    originals.sort((a, b) => startOf(a) - startOf(b));
    const callOf = callsIn(originals);
    for (const { id, role, kind, pieces, copies, derived, bound, isWhole, isRepeated } of originals) {
      const isApart = isWhole || isRepeated || kind === 'label';
      const reading: Reading = isApart ? { pieces } : readingOf(pieces);
      const segment = out.joined(role, kind, reading.pieces);
      claimCopies(out, reading.pieces);
      if (!segment) continue;
      if (isWhole) segment.isWhole = true;
      const call = kind === 'tool_arguments' ? callOf(id) : undefined;
      if (call) segment.call = call;
      if (id[0] === 'choices' && id[1] !== undefined) segment.choice = id[1];
      for (const copy of copies) {
        segment.copies.push(copy);
        out.claim(copy.path);
      }
      segment.derived = [...segment.derived, ...derived];
      if (bound) segment.bound = bound;
      if (reading.also) readAlso(out, segment, reading.also);
      if (this.#isCounted && segment.pieces.length > 1) readAlso(out, segment, segment.pieces, '\n');
      if (this.#isCounted) out.found.isUndecided = true;
    }
  }

  /**
   * Tellings of all that was said so far are one text. Where that is what the deltas told until then, they stand beside
   * those; else, where each begins with the one before, they grow like it.
   */
  #joinRepeating(): void {
    const groups = new PathMap<Map<string, Telling[]>>();
    const all: Telling[][] = [];
    for (const telling of this.#tellings) {
      if (!telling.isSoFar) continue;
      const group = groups.at(telling.id);
      group.value ??= new Map();
      const key = `${telling.role} ${telling.kind}`;
      const tellings = group.value.get(key) ?? [];
      if (tellings.length === 0) all.push(tellings);
      group.value.set(key, tellings);
      tellings.push(telling);
    }
    const joined = new Set<Telling>();
    for (const tellings of all) {
      const [first] = tellings;
      const deltas = first && this.#byId.at(first.id).value?.get(`deltas ${first.role} ${first.kind}`);
      for (const telling of deltas ? standBeside(tellings, deltas) : growInto(tellings)) joined.add(telling);
    }
    if (joined.size > 0) this.#tellings = this.#tellings.filter((telling) => !joined.has(telling));
  }

  #applyAmendments(): void {
    for (const telling of this.#tellings) {
      if (telling.role !== 'assistant') continue;
      for (const { derived, isSigned } of this.#amendments.along(telling.id)) {
        for (const group of derived) telling.derived.push(group);
        if (isSigned) telling.bound ??= 'signature';
      }
    }
  }

  /** A copy is told in one piece: another in several is rewritten on its own. */
  #originals(): Telling[] {
    const byId = new PathMap<Map<string, Telling>>();
    const originals: Telling[] = [];
    const others: Telling[] = [];
    for (const telling of this.#tellings) {
      const entry = byId.at(telling.id);
      entry.value ??= new Map();
      const key = `${telling.role} ${telling.kind} ${textKey(textOf(telling))}`;
      const original = entry.value.get(key);
      const [piece] = telling.pieces;
      if (!original) {
        entry.value.set(key, telling);
        originals.push(telling);
      } else if (!piece || telling.pieces.length > 1) others.push(telling);
      else addCopy(original, telling, piece);
    }
    return [...originals, ...others];
  }
}

/** @returns those that stand beside the deltas: each repeats all of them up to its event */
function standBeside(tellings: readonly Telling[], deltas: Telling): Telling[] {
  const said = textOf(deltas);
  const { pieces } = deltas;
  let [length, next] = [0, 0];
  return tellings.filter(({ pieces: [repeated], derived, bound, isWhole }) => {
    if (!repeated) return false;
    for (; next < pieces.length && eventOf(pieces[next]) <= eventOf(repeated); next++)
      length += pieces[next]?.text.length ?? 0;
    const piece = pieces[next - 1];
    if (!piece || repeated.text.length !== length || !said.startsWith(repeated.text)) return false;
    // Behind all of them, it is a copy of the whole.
    if (next === pieces.length && (isWhole || eventOf(piece) < eventOf(repeated))) return false;
    const { text: _, copies, ...place } = repeated;
    piece.copies = [...(piece.copies ?? []), { ...place, isCumulative: true }, ...(copies ?? [])];
    for (const group of derived) deltas.derived.push(group);
    deltas.bound ??= bound;
    return true;
  });
}

/** @returns those that are now part of the first; none where one of them does not begin with the one before */
function growInto([first, ...others]: readonly Telling[]): readonly Telling[] {
  const last = others.at(-1);
  if (!first || !last) return [];
  const pieces = [first, ...others].flatMap((telling) => telling.pieces);
  const isGrowing = pieces.every(({ text }, index) => text.startsWith(pieces[index - 1]?.text ?? ''));
  if (!isGrowing) return [];
  first.pieces = incrementsOf(pieces);
  first.isRepeated = true;
  first.isWhole = last.isWhole;
  for (const { derived } of others) for (const group of derived) first.derived.push(group);
  return others;
}

function eventOf(piece: Piece | undefined): number {
  return Number(piece?.path[0] ?? 0);
}

function addCopy(original: Telling, { copies, derived, bound }: Telling, { text: _, ...place }: Piece): void {
  original.copies.push(place, ...copies);
  for (const group of derived) original.derived.push(group);
  original.bound ??= bound;
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
  return eventOf(pieces[0]);
}

const NONE: readonly Segment[] = [];

/**
 * Gathers what one event tells, or one after the other: pieces, that are read as their reader does when all are there.
 */
export class EventCollector extends Collector {
  /** @param out whose limits it shares */
  constructor(out: Collector) {
    super(out.left);
  }

  /** The collector that gathers all events asks that; keys for every event twice would be felt. */
  protected override isNew(): boolean {
    return true;
  }

  /** Each is a text that other events may go on with, or tell again. */
  protected override get findsWholeTexts(): boolean {
    return false;
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
    if (this.found.hasTooManyValues) out.found.hasTooManyValues = true;
  }
}

/** Where a segment begins, without the first steps. */
export function belowOf({ pieces: [piece] }: Segment, steps: number): Path {
  return piece ? [...piece.path.slice(steps), ...(piece.inner ?? [])] : [];
}

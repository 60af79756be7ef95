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

/** What one source says about one text of the answer. */
interface SourcedText {
  id: TextId;
  role: Role;
  kind: SegmentKind;
  pieces: Piece[];
  copies: Segment['copies'];
  derived: DerivedGroup[];
  immutableBecause: Segment['immutableBecause'];
  isWhole: boolean;
  /** Others of the same id may repeat it, and more. */
  isSoFar?: boolean;
  /** Its pieces are what each of them added. */
  isRepeated?: true;
}

/** As many as a collector takes. */
const MAX_TEXTS = 10_000;

/** What holds for all texts below an id. */
interface Amendment {
  derived: DerivedGroup[];
  isSigned: boolean;
}

export class StreamTextAssembler {
  /** In the order in which they begin. */
  #texts: SourcedText[] = [];
  /** The same by their ids, and their sources: the deltas are one, each event that has texts whole is another. */
  readonly #byId = new PathMap<Map<string, SourcedText>>();
  readonly #amendments = new PathMap<Amendment>();
  readonly #isCounted: boolean;
  #isTooMuch = false;

  /** @param isCounted each piece may as well be a text of its own: both readings are handed out */
  constructor(isCounted = false) {
    this.#isCounted = isCounted;
  }

  /**
   * @param source where the piece comes from: pieces of one text from one source are joined. The number of an event is a
   * source that has no more pieces later.
   * @param segment what was found of the text, in pieces that follow those already added
   */
  add(source: string | number, id: TextId, segment: Segment): void {
    const { role, kind, pieces, copies, derived, immutableBecause } = segment;
    const entry = this.#byId.at(id);
    entry.value ??= new Map();
    const key = `${source} ${role} ${kind}`;
    const text = entry.value.get(key);
    if (text) {
      for (const piece of pieces) text.pieces.push(piece);
      for (const group of derived) text.derived.push(group);
      text.immutableBecause ??= immutableBecause;
      return;
    }
    this.#isTooMuch ||= this.#texts.length >= MAX_TEXTS;
    if (this.#isTooMuch) return;
    const first: SourcedText = {
      ...{ id, role, kind, immutableBecause, isWhole: typeof source === 'number' },
      pieces: [...pieces],
      copies: [...copies],
      derived: [...derived],
    };
    entry.value.set(key, first);
    this.#texts.push(first);
  }

  /**
   * What an event tells of all that was said until then: the next one may repeat it, and more.
   *
   * @param isLast no other will
   */
  addCumulative(event: number, id: TextId, segment: Segment, isLast: boolean): void {
    this.add(event, id, segment);
    const text = this.#byId.at(id).value?.get(`${event} ${segment.role} ${segment.kind}`);
    if (text?.role !== 'assistant') return;
    text.isSoFar = text.pieces.length === 1;
    text.isWhole = isLast;
  }

  /** What holds for all texts below `id`, whichever event says so: what repeats them, or that they are signed. */
  amend(id: TextId, what: { derived: DerivedGroup } | { immutableBecause: 'signature' }): void {
    const entry = this.#amendments.at(id);
    entry.value ??= { derived: [], isSigned: false };
    if (!('derived' in what)) entry.value.isSigned = true;
    else if (what.derived.length > 0) entry.value.derived.push(what.derived);
  }

  /** Hands everything to `out`, in the order in which it begins; what was told first is the original. */
  collect(out: Collector): void {
    if (this.#isTooMuch) out.extraction.isTooMuch = true;
    this.#applyAmendments();
    this.#joinRepeating();
    const originals = this.#originals();
    originals.sort((a, b) => startOf(a) - startOf(b));
    const callOf = callsIn(originals);
    for (const {
      id,
      role,
      kind,
      pieces,
      copies,
      derived,
      immutableBecause,
      isWhole,
      isRepeated,
    } of originals) {
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
      if (immutableBecause) segment.immutableBecause = immutableBecause;
      if (reading.also) readAlso(out, segment, reading.also);
      if (this.#isCounted && segment.pieces.length > 1) readAlso(out, segment, segment.pieces, '\n');
      if (this.#isCounted) out.extraction.isUndecided = true;
    }
  }

  /**
   * Sources that repeat all that was said so far are one text. If that is the text of the deltas until then, they are copies
   * of it. Otherwise, if each begins with the one before, they grow like a cumulative text.
   */
  #joinRepeating(): void {
    const groups = new PathMap<Map<string, SourcedText[]>>();
    const all: SourcedText[][] = [];
    for (const text of this.#texts) {
      if (!text.isSoFar) continue;
      const group = groups.at(text.id);
      group.value ??= new Map();
      const key = `${text.role} ${text.kind}`;
      const texts = group.value.get(key) ?? [];
      if (texts.length === 0) all.push(texts);
      group.value.set(key, texts);
      texts.push(text);
    }
    const joined = new Set<SourcedText>();
    for (const texts of all) {
      const [first] = texts;
      const deltas = first && this.#byId.at(first.id).value?.get(`deltas ${first.role} ${first.kind}`);
      for (const text of deltas ? standBeside(texts, deltas) : growInto(texts)) joined.add(text);
    }
    if (joined.size > 0) this.#texts = this.#texts.filter((text) => !joined.has(text));
  }

  #applyAmendments(): void {
    for (const text of this.#texts) {
      if (text.role !== 'assistant') continue;
      for (const { derived, isSigned } of this.#amendments.along(text.id)) {
        for (const group of derived) text.derived.push(group);
        if (isSigned) text.immutableBecause ??= 'signature';
      }
    }
  }

  /** A copy is told in one piece: another in several is rewritten on its own. */
  #originals(): SourcedText[] {
    const byId = new PathMap<Map<string, SourcedText>>();
    const originals: SourcedText[] = [];
    const others: SourcedText[] = [];
    for (const text of this.#texts) {
      const entry = byId.at(text.id);
      entry.value ??= new Map();
      const key = `${text.role} ${text.kind} ${textKey(textOf(text))}`;
      const original = entry.value.get(key);
      const [piece] = text.pieces;
      if (!original) {
        entry.value.set(key, text);
        originals.push(text);
      } else if (!piece || text.pieces.length > 1) others.push(text);
      else addCopy(original, text, piece);
    }
    return [...originals, ...others];
  }
}

/** @returns those that stand beside the deltas: each repeats all of them up to its event */
function standBeside(texts: readonly SourcedText[], deltas: SourcedText): SourcedText[] {
  const said = textOf(deltas);
  const { pieces } = deltas;
  let [length, next] = [0, 0];
  return texts.filter(({ pieces: [repeated], derived, immutableBecause, isWhole }) => {
    if (!repeated) return false;
    for (; next < pieces.length && eventOf(pieces[next]) <= eventOf(repeated); next++)
      length += pieces[next]?.text.length ?? 0;
    const piece = pieces[next - 1];
    if (!piece || repeated.text.length !== length || !said.startsWith(repeated.text)) return false;
    // Behind all of them, it is a copy of the whole.
    if (next === pieces.length && (isWhole || eventOf(piece) < eventOf(repeated))) return false;
    const { text: _, copies, ...path } = repeated;
    piece.copies = [...(piece.copies ?? []), { ...path, isCumulative: true }, ...(copies ?? [])];
    for (const group of derived) deltas.derived.push(group);
    deltas.immutableBecause ??= immutableBecause;
    return true;
  });
}

/** @returns those that are now part of the first; none where one of them does not begin with the one before */
function growInto([first, ...others]: readonly SourcedText[]): readonly SourcedText[] {
  const last = others.at(-1);
  if (!first || !last) return [];
  const pieces = [first, ...others].flatMap((text) => text.pieces);
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

function addCopy(
  original: SourcedText,
  { copies, derived, immutableBecause }: SourcedText,
  { text: _, ...path }: Piece,
): void {
  original.copies.push(path, ...copies);
  for (const group of derived) original.derived.push(group);
  original.immutableBecause ??= immutableBecause;
}

function textOf({ pieces }: SourcedText): string {
  return pieces.map((piece) => piece.text).join('');
}

/** @returns which call a text belongs to: the one whose names stand beside it, or beside something that it is a part of */
function callsIn(texts: readonly SourcedText[]): (id: TextId) => ToolCall | undefined {
  const calls = new Map<string, ToolCall>();
  for (const text of texts) {
    if (text.immutableBecause !== 'label') continue;
    const owner = JSON.stringify(text.id.slice(0, -1));
    const call = calls.get(owner) ?? { names: [] };
    call.names.push(textOf(text));
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

function startOf({ pieces }: SourcedText): number {
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
    return this.extraction.segments.length === 0 ? NONE : this.extraction.segments.splice(0);
  }

  /** Media and unreadable parts, which no segment stands for. */
  countInto(out: Collector): void {
    out.extraction.opaque += this.extraction.opaque;
    out.extraction.trace?.opaque.push(...(this.extraction.trace?.opaque ?? []));
    this.warn(out);
  }

  /** What no segment tells: that parts cannot be read, or that there are more texts than these. */
  warn(out: Collector): void {
    out.extraction.unreadable += this.extraction.unreadable;
    out.extraction.trace?.unreadable.push(...(this.extraction.trace?.unreadable ?? []));
    if (this.extraction.isTooMuch) out.extraction.isTooMuch = true;
    if (this.extraction.hasTooManyValues) out.extraction.hasTooManyValues = true;
  }
}

/** Where a segment begins, without the first steps. */
export function belowOf({ pieces: [piece] }: Segment, steps: number): Path {
  return piece ? [...piece.path.slice(steps), ...(piece.inner ?? [])] : [];
}

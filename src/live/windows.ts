/**
 * A stream that is inspected while it is written: chunks and verdicts go in, bytes that may be sent come out.
 *
 * An inspection pass reads everything that has arrived. Of each text it takes what is new, together with some of what was
 * asked about before (committed-text.ts). After the verdict, all frames whose text is committed may be sent, in their order.
 * Frames that repeat a text, whole or in parts, may be sent when that text is complete. The last pass asks about everything
 * as a whole.
 *
 * Does not depend on time, on AIDR or on the network.
 */
import { PathMap } from '../body/json/path-map.ts';
import { isWholeJson } from '../body/json/whole-json.ts';
import type { StreamEvent, StreamProblem } from '../body/stream/document.ts';
import type { Framing } from '../body/stream/framing.ts';
import type { Change } from '../body/text-changes.ts';
import { textKey } from '../body/text-key.ts';
import { embeddedMap } from '../formats/embedded-text.ts';
import type { Reading } from '../formats/read.ts';
import type { DerivedGroup, Extraction, Piece, Segment, TextLocation } from '../formats/segment.ts';
import { type Rewrite, writeBack } from '../formats/write-back.ts';
import type { Window } from '../inspection/inspect-window.ts';
import { CommittedText } from './committed-text.ts';
import { HeldFrames } from './held-frames.ts';

export interface WindowSettings {
  framing: Framing;
  /** This many new UTF-16 code units make an inspection pass worth its call. */
  windowChars: number;
  overlapChars: number;
  read(events: readonly StreamEvent[]): Reading;
}

/** What AIDR is to be asked. */
export interface InspectionPass {
  readonly extraction: Extraction;
  /** Names of the formats that read it. */
  readonly formats: string[];
  readonly windows: ReadonlyMap<Segment, Window>;
  readonly isLast: boolean;
  readonly texts: ReadonlyMap<Segment, CommittedText>;
  /** Frames and events that were read for it. */
  readonly frames: number;
  readonly events: number;
}

export type Released =
  | {
      ok: true;
      bytes: Uint8Array[];
      /** A text is changed. */
      isRedacted: boolean;
      /** A redaction was due in what was already sent. */
      isLate: boolean;
    }
  | { ok: false; detail: string };

/** Each pass reads everything again. If the stream grew by this share since the last one, all passes together stay linear. */
const LEAST_GROWTH = 1 / 16;

export class WindowedStream {
  readonly #settings: WindowSettings;
  readonly #frames: HeldFrames;
  /** By where they begin. */
  #texts = new Map<string, CommittedText>();
  /** Numbers for places. */
  readonly #places = new PathMap<number>();
  #placeCount = 0;
  /** UTF-16 code units of text that arrived before the last pass, and since then. */
  #arrived = 0;
  #unread = 0;
  /** The texts were read differently before. Only the last pass can tell what they are. */
  #isConfused = false;
  /** Events before this one were sent. */
  #left = 0;
  /** The first event that holds something which carries no text. */
  #firstOpaque = Number.POSITIVE_INFINITY;

  constructor(settings: WindowSettings) {
    this.#settings = settings;
    this.#frames = new HeldFrames(settings.framing);
  }

  push(chunk: Uint8Array): void {
    const arrived = this.#frames.push(chunk);
    const before = this.events.length - arrived.length;
    for (const [index, { event, bytes }] of arrived.entries()) {
      const { extraction, isRecognised } = this.#settings.read([event]);
      this.#unread += isRecognised ? charsIn(extraction) : bytes;
      if (extraction.opaque > 0) this.#firstOpaque = Math.min(this.#firstOpaque, before + index);
    }
  }

  /** Nothing follows. */
  end(): void {
    this.#frames.end();
  }

  /** Why the rest of the stream cannot be read. */
  get problem(): StreamProblem | undefined {
    return this.#frames.problem;
  }

  get events(): readonly StreamEvent[] {
    return this.#frames.events;
  }

  /** Events that were sent. */
  get left(): number {
    return this.#left;
  }

  get isDue(): boolean {
    const { windowChars } = this.#settings;
    return !this.#isConfused && this.#unread >= Math.max(windowChars, this.#arrived * LEAST_GROWTH);
  }

  /** @returns undefined when what arrived cannot be read yet, or, at the end, at all */
  begin(isLast: boolean): InspectionPass | undefined {
    this.#arrived += this.#unread;
    this.#unread = 0;
    const { extraction, isRecognised, formats } = this.#settings.read(this.#frames.events);
    if (!isRecognised || (extraction.isUndecided && !isLast)) return undefined;
    const texts = this.#textsOf(extraction, isLast);
    if (!texts) return undefined;
    const windows = new Map<Segment, Window>();
    for (const [segment, text] of texts) {
      const window = isLast
        ? { start: 0, end: segment.text.length }
        : text.windowIn(segment, this.#settings.overlapChars);
      if (window) windows.set(segment, window);
    }
    return {
      extraction,
      formats,
      windows,
      isLast,
      texts,
      frames: this.#frames.count,
      events: this.#frames.events.length,
    };
  }

  /** @returns what may be sent, or why a change cannot be made */
  commit(pass: InspectionPass, changes: ReadonlyMap<Segment, readonly Change[]>): Released {
    const isEnding = endings(pass.extraction.segments);
    let isLate = false;
    for (const [segment, text] of pass.texts) {
      const window = pass.windows.get(segment);
      const verdict = window && { window, changes: changes.get(segment) ?? [] };
      if (pass.isLast) {
        const comesLate = text.commitAll(segment, verdict?.changes ?? [], this.#leftOf(segment));
        isLate ||= comesLate;
      } else text.commit(segment, verdict, isEnding(segment), this.#settings.overlapChars);
    }
    // A client may leave at the last event, and be back with the answer before AIDR has seen the whole of it.
    const end = pass.isLast ? pass.events : pass.events - 1;
    const firstToStay = Math.min(firstUncommitted(pass.texts), end);
    if (!pass.isLast && this.#left === 0 && firstToStay <= this.#beginOfAnswer(pass.extraction))
      return { ok: true, bytes: [], isRedacted: false, isLate };
    const released = this.#release(pass, firstToStay);
    return released.ok ? { ...released, isLate } : released;
  }

  /**
   * What stands before it repeats the request, or only announces an answer. Alone it does not leave: as long as the client
   * has nothing, a refusal is an answer with a status of its own.
   */
  #beginOfAnswer({ segments }: Extraction): number {
    let begin = this.#firstOpaque;
    for (const { role, kind, pieces } of segments) {
      if (role !== 'assistant' && kind !== 'tool_result' && kind !== 'document') continue;
      const first = pieces.find(({ text }) => text !== '');
      if (first) begin = Math.min(begin, eventOf(first));
    }
    return begin;
  }

  /** Everything that is held, with the committed changes. AIDR will not be asked again. */
  releaseAll(pass: InspectionPass | undefined): Released {
    const all = { texts: pass?.texts ?? new Map(), frames: this.#frames.count };
    const released = this.#release(all, Number.POSITIVE_INFINITY);
    return released.ok ? { ...released, bytes: [...released.bytes, this.#frames.rest()] } : released;
  }

  /** @returns undefined when a text that was read before is no longer there, or has changed */
  #textsOf({ segments }: Extraction, isLast: boolean): Map<Segment, CommittedText> | undefined {
    const byKey = new Map<string, CommittedText>();
    const texts = new Map<Segment, CommittedText>();
    let known = 0;
    for (const segment of segments) {
      const key = this.#keyOf(segment);
      const before = this.#texts.get(key);
      if (before && !byKey.has(key) && before.goesOnIn(segment)) known++;
      else if (before) this.#isConfused = true;
      const text = before ?? new CommittedText();
      byKey.set(key, text);
      texts.set(segment, text);
    }
    this.#isConfused ||= known < this.#texts.size;
    if (!this.#isConfused) this.#texts = byKey;
    else if (isLast) for (const segment of segments) texts.set(segment, new CommittedText());
    return this.#isConfused && !isLast ? undefined : texts;
  }

  /** The beginning of a text does not move while the text grows. A text without a place of its own is recognised by its words. */
  #keyOf({ role, kind, text, pieces: [first] }: Segment): string {
    if (!first) return `${role} ${kind} ${textKey(text)}`;
    const place = this.#places.at(first.path, first.inner);
    place.value ??= this.#placeCount++;
    return `${role} ${kind} ${first.isCumulative ? 'up to' : 'at'} ${place.value}`;
  }

  #release({ texts, frames }: Pick<InspectionPass, 'texts' | 'frames'>, firstToStay: number): Released {
    const rewrites: Rewrite[] = [];
    for (const [segment, { changes }] of texts) {
      if (changes.length > 0) rewrites.push({ segment, changes });
    }
    const leaves = ([event]: readonly (string | number)[]) =>
      Number(event) >= this.#left && Number(event) < firstToStay;
    const written = writeBack(this.#frames.values, rewrites, leaves);
    if (!written.ok) return written;
    this.#left = Math.max(this.#left, Math.min(firstToStay, this.#frames.events.length));
    const bytes = this.#frames.take(written.edits, frames, firstToStay);
    return { ok: true, bytes, isRedacted: rewrites.length > 0, isLate: false };
  }

  /** How much of a text was sent. */
  #leftOf(segment: Segment): number {
    let left = 0;
    for (const { piece, end } of piecesOf(segment)) {
      if (eventOf(piece) >= this.#left) break;
      left = end;
    }
    return segment.raw === undefined ? left : (embeddedMap(segment)?.shownOffset(left) ?? left);
  }
}

/** With where each of them ends in the pieces as they are joined. */
function* piecesOf({ pieces, separator = '' }: Segment): Generator<{ piece: Piece; end: number }> {
  let end = 0;
  for (const [index, piece] of pieces.entries()) {
    end += (index > 0 ? separator.length : 0) + piece.text.length;
    yield { piece, end };
  }
}

/** @param boundary in the segment's text @returns the same in its pieces as they are joined */
function inPieces(segment: Segment, boundary: number): number {
  return segment.raw === undefined ? boundary : (embeddedMap(segment)?.rawOffset(boundary) ?? boundary);
}

function charsIn({ segments }: Extraction): number {
  let chars = 0;
  for (const { text } of segments) chars += text.length;
  return chars;
}

/**
 * When no more of a text is expected: when one event held the whole text, or repeated it as a whole. Otherwise its deltas
 * can continue after another text of the same choice, such as a tool call or a thought. But once another text has begun, the
 * name of a called tool is complete, arguments are complete if they are JSON, and a thought is complete if it ends in a
 * sentence. Without these rules nothing of an answer could be sent before its end.
 */
function endings(segments: readonly Segment[]): (segment: Segment) => boolean {
  const latestBegin = new Map<Segment['choice'], number>();
  for (const { isWhole, choice, pieces } of segments) {
    if (isWhole) continue;
    latestBegin.set(choice, Math.max(latestBegin.get(choice) ?? 0, eventOf(pieces[0])));
  }
  return (segment) => {
    const { isWhole, copies, choice, pieces } = segment;
    if (isWhole || copies.length > 0) return true;
    return (latestBegin.get(choice) ?? 0) > eventOf(pieces.at(-1)) && hasItsEnd(segment);
  };
}

function hasItsEnd({ kind, text, raw }: Segment): boolean {
  if (kind === 'tool_arguments') return isWholeJson(raw ?? text);
  if (kind === 'reasoning') return SENTENCE_END.test(text.slice(-SENTENCE_TAIL));
  return kind !== 'text' && kind !== 'refusal';
}

/** With a word or a bracket before the mark: a number or an address could continue after its dot. */
const SENTENCE_END = /(?:[\p{L}\p{Pe}"'*`][.!?\u2026:;]|[\u3002\uff01\uff1f]|\n)[\p{Pe}\p{Pf}"'*`]?\s{0,8}$/u;

const SENTENCE_TAIL = 16;

function eventOf(place: Pick<TextLocation, 'path'> | undefined): number {
  return Number(place?.path[0] ?? 0);
}

/** @returns the first event with text that is not committed, or that repeats a text that is not complete */
function firstUncommitted(texts: ReadonlyMap<Segment, CommittedText>): number {
  let first = Number.POSITIVE_INFINITY;
  const repeating = new Set<DerivedGroup>();
  for (const [segment, { boundary, isComplete }] of texts) {
    if (isComplete) continue;
    const { copies, derived } = segment;
    const committed = inPieces(segment, boundary);
    for (const { piece, end } of piecesOf(segment))
      if (end > committed) first = Math.min(first, eventOf(piece));
    for (const place of copies) first = Math.min(first, eventOf(place));
    for (const group of derived) repeating.add(group);
  }
  for (const group of repeating) for (const place of group) first = Math.min(first, eventOf(place));
  return first;
}

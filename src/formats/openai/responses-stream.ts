/**
 * Streamed responses: every text comes four or five times.
 *
 * | event | text |
 * |---|---|
 * | `response.<name>.delta`, `.done`, `.added` | one text of an item, in pieces and whole (response-deltas.ts) |
 * | `response.audio.delta` | none: base64 of what is said, which goes when that changes |
 * | `response.content_part.*`, `response.reasoning_summary_part.*` | `part` (parts.ts) |
 * | `response.output_item.*` | `item` (response-items.ts); results of tools come here only |
 * | `response.output_text.annotation.added` | `annotation` |
 * | `response.created`, `.in_progress`, `.completed`, `.incomplete`, `.failed` | `response`: the answer, with echoes of the request |
 * | `error`, any other | every string but names and ids |
 *
 * Events are read by their keys. `output_index` says which item they are about: ids change on the way through proxies.
 * `logprobs` and `annotations` go when the text changes.
 *
 * @see https://platform.openai.com/docs/api-reference/responses-streaming
 */
import type { Path } from '../../body/json/edit.ts';
import { PathMap } from '../../body/json/path-map.ts';
import type { StreamEvent } from '../../body/stream/document.ts';
import type { Collector } from '../collector.ts';
import {
  type Derived,
  type DerivedGroup,
  isObject,
  type JsonObject,
  type Segment,
  wordOf,
} from '../segment.ts';
import { called, citations, type Field, type Fields, labels, readFields, type TextOrigin } from './fields.ts';
import { readContent, repeatsIn } from './parts.ts';
import { numberIn, textOfItem } from './response-deltas.ts';
import { readItems } from './response-items.ts';
import { belowOf, EventCollector, StreamTextAssembler, type TextId } from './stream-text-assembler.ts';

type ReadAnswer = (answer: unknown, out: Collector) => boolean;

/** @returns false when no event is one of a streamed response */
export function readResponsesStream(
  events: readonly StreamEvent[],
  readAnswer: ReadAnswer,
  out: Collector,
): boolean {
  if (!events.some(isOurs)) return false;
  const stream = new ResponsesStream(readAnswer, out);
  stream.read(events);
  return true;
}

function isOurs({ name, value }: StreamEvent): boolean {
  if (!isObject(value)) return false;
  const { type = name, response } = value;
  // Others, as Mistral's conversations, number their outputs too.
  if (typeof type === 'string') return type.startsWith('response.');
  return typeof value.output_index === 'number' || (isObject(response) && Array.isArray(response.output));
}

const TOOL: TextOrigin = { role: 'tool', kind: 'text' };
const ASSISTANT: TextOrigin = { role: 'assistant', kind: 'text' };

class ResponsesStream {
  readonly #texts = new StreamTextAssembler();
  readonly #readAnswer: ReadAnswer;
  readonly #out: Collector;
  /** What the deltas told, once they are read. */
  /** What says an answer's or an item's texts aloud, by the steps that their ids begin with. */
  readonly #audio = new PathMap<Derived[]>();
  /** How many there are. */
  #spoken = 0;
  #opaqueItems = 0;
  #opaqueInAnswer = 0;

  constructor(readAnswer: ReadAnswer, out: Collector) {
    this.#readAnswer = readAnswer;
    this.#out = out;
  }

  read(events: readonly StreamEvent[]): void {
    this.#eachEvent(events, (event, type, number, run) => {
      if ('delta' in event) this.#readDelta(event, type, number, run);
    });
    this.#eachEvent(events, (event, type, number, run) => {
      this.#readWhole(event, type, number, run);
    });
    events.forEach(({ value }, number) => {
      if (!isObject(value)) this.#out.leaves(TOOL.role, TOOL.kind, value, [number]);
    });
    this.#texts.collect(this.#out);
    const opaque = Math.max(this.#opaqueItems, this.#opaqueInAnswer, this.#spoken);
    for (let count = opaque; count > 0; count--) this.#out.reference();
  }

  /** A stream may hold several answers one after the other, whose items are numbered anew. */
  #eachEvent(
    events: readonly StreamEvent[],
    visit: (event: JsonObject, type: string, number: number, run: number) => void,
  ): void {
    let run = 0;
    for (const [number, { name, value }] of events.entries()) {
      if (!isObject(value)) continue;
      const type = wordOf(value.type ?? name);
      if (type === 'response.created') run++;
      visit(value, type, number, run);
    }
  }

  #readDelta(event: JsonObject, type: string, number: number, run: number): void {
    if (AUDIO.has(type) && typeof event.delta === 'string' && BASE64.test(event.delta)) {
      this.#addAudio(event, number, run);
      return;
    }
    const { origin, path } = textOfItem(nameOf(type), event);
    const id = [...itemId(event, run), ...path];
    const found = new EventCollector(this.#out);
    found.deriving(repeatsIn(event, [number]), () =>
      found.text(origin.role, origin.kind, event.delta, [number, 'delta']),
    );
    found.warn(this.#out);
    for (const segment of found.extraction.segments) {
      this.#texts.add('deltas', [...id, ...belowOf(segment, 2)], segment);
    }
  }

  /** Its events need not say which item they belong to. */
  #addAudio(event: JsonObject, number: number, run: number): void {
    const id = 'output_index' in event ? itemId(event, run) : [run];
    const audio = this.#audio.at(id);
    const spoken: Derived = { path: [number, 'delta'], json: '""' };
    if (audio.value) audio.value.push(spoken);
    else {
      audio.value = [spoken];
      this.#spoken++;
      this.#texts.amend(id, { derived: audio.value });
    }
  }

  #readWhole(event: JsonObject, type: string, number: number, run: number): void {
    if (Object.keys(event).every((key) => SILENT.has(key))) return;
    const name = nameOf(type);
    const item = itemId(event, run);
    const text = textOfItem(name, event);
    if (text.whole in event) {
      const id = [...item, ...text.path];
      // The texts of several parts are one, whoever tells them.
      this.#tell(type, [number, text.whole], (found) => {
        const read: Field = typeof event[text.whole] === 'string' ? asWritten : readContent;
        found.deriving(repeatsIn(event, [number]), () =>
          read(event[text.whole], [number, text.whole], found, text.origin, event),
        );
        return (below) => [...id, ...below.filter((step) => typeof step !== 'number')];
      });
    }
    if (isObject(event.part)) this.#readPart(event, event.part, type, number, item);
    if ('item' in event) this.#readItem(event, type, number, item);
    if (isObject(event.response)) this.#readResponse(event.response, number, run);
    this.#tell(number, [number], (found) => {
      const origin = 'output_index' in event ? ASSISTANT : TOOL;
      readFields(event, fieldsBeside([text.whole, ...wholeKeys(event)]), [number], found, origin);
      this.#opaqueItems += found.extraction.opaque;
      return (below, segment) => {
        if (below[0] === 'annotation') return annotationId(event, item, below);
        return [...(segment.kind === 'label' ? item : [number]), ...below];
      };
    });
  }

  #readPart(event: JsonObject, part: JsonObject, type: string, number: number, item: TextId): void {
    const isSummary = type.includes('summary') || part.type === 'summary_text';
    const isThought = isSummary || part.type === 'reasoning_text';
    const path = isSummary
      ? ['summary', numberIn(event, 'summary_index')]
      : ['content', numberIn(event, 'content_index')];
    this.#tell(type, [number, 'part'], (found) => {
      readContent(part, [number, 'part'], found, isThought ? { ...ASSISTANT, kind: 'reasoning' } : ASSISTANT);
      return (below, segment) => [...item, ...inItem([...path, ...below], segment)];
    });
  }

  #readItem(event: JsonObject, type: string, number: number, item: TextId): void {
    this.#tell(number, [number, 'item'], (found) => {
      readItems(event.item, [number, 'item'], found, 'echoed', 'assistant');
      if (type.endsWith('.done')) this.#opaqueItems += found.extraction.opaque;
      return (below, segment) => [...item, ...inItem(below, segment)];
    });
  }

  #readResponse(response: JsonObject, number: number, run: number): void {
    const answer = new EventCollector(this.#out);
    if (!this.#readAnswer(response, answer)) answer.leaves(TOOL.role, TOOL.kind, response, []);
    this.#out.model(answer.extraction.model);
    answer.warn(this.#out);
    this.#opaqueInAnswer = Math.max(this.#opaqueInAnswer, answer.extraction.opaque);
    const move = mover([number, 'response']);
    for (const segment of answer.extraction.segments) {
      const [list, index, ...below] = segment.pieces[0]?.path ?? [];
      const rest = list === 'output' ? inItem(below, segment) : below;
      const id = [run, ...[list, index].filter((step) => step !== undefined), ...rest];
      this.#texts.add(number, id, move(segment));
    }
  }

  /** @param read returns which text stands at a path below `place` */
  #tell(
    source: string | number,
    path: Path,
    read: (found: Collector) => (below: Path, segment: Segment) => TextId,
  ): void {
    const found = new EventCollector(this.#out);
    const idOf = read(found);
    found.warn(this.#out);
    for (const segment of found.extraction.segments) {
      this.#texts.add(source, idOf(belowOf(segment, path.length), segment), segment);
    }
  }
}

/** The second is how the Realtime API calls it. */
const AUDIO: ReadonlySet<string> = new Set(['response.audio.delta', 'response.output_audio.delta']);

const BASE64 = /^[\w+/-]*={0,2}$/;

const asWritten: Field = (value, path, found, { role, kind }) => found.text(role, kind, value, path);

function nameOf(type: string): string {
  return type.slice(0, Math.max(0, type.lastIndexOf('.')));
}

function itemId(event: JsonObject, run: number): TextId {
  return [run, 'output', numberIn(event, 'output_index')];
}

function annotationId(event: JsonObject, item: TextId, below: Path): TextId {
  const index = numberIn(event, 'annotation_index');
  return [...item, 'content', numberIn(event, 'content_index'), 'annotations', index, ...below.slice(1)];
}

/** The reader sees the texts of a message's parts as one. */
function inItem(below: Path, { role, kind }: Segment): TextId {
  const isText = below[0] === 'content' && below.length === 3 && below[2] === 'text';
  return isText && role === 'assistant' && kind === 'text' ? ['content'] : below;
}

/** @returns what puts a segment of a value that stands at `place` there */
function mover(path: Path): (segment: Segment) => Segment {
  const move = <Placed extends { path: Path }>(placed: Placed) => ({
    ...placed,
    path: [...path, ...placed.path],
  });
  const moved = new Map<DerivedGroup, DerivedGroup>();
  const moveGroup = (group: DerivedGroup): DerivedGroup => {
    const known = moved.get(group) ?? group.map(move);
    moved.set(group, known);
    return known;
  };
  return (segment) => ({
    ...segment,
    pieces: segment.pieces.map(move),
    copies: segment.copies.map(move),
    derived: segment.derived.map(moveGroup),
  });
}

/** Keys that were read already, if they are what they should be. */
function wholeKeys(event: JsonObject): string[] {
  return ['part', 'response'].filter((key) => isObject(event[key]));
}

/** All that most deltas have, besides what they tell. */
const SILENT: ReadonlySet<string> = new Set([
  ...['type', 'sequence_number', 'event_id', 'item_id', 'response_id', 'call_id', 'status'],
  ...['output_index', 'content_index', 'summary_index', 'command_index', 'annotation_index'],
  ...['delta', 'logprobs', 'obfuscation', 'usage', 'copilot_usage'],
  ...['partial_image_index', 'background', 'output_format', 'quality', 'size'],
]);

/** One table for each of the few combinations: to make one for each of thousands of events would be felt. */
const BESIDE = new Map<string, Fields>();

/** @param read keys that were read already */
function fieldsBeside(read: readonly string[]): Fields {
  const key = read.join();
  const known = BESIDE.get(key) ?? { ...EVENT, ...labels(...read) };
  BESIDE.set(key, known);
  return known;
}

const EVENT: Fields = {
  name: called,
  annotation: citations,
  partial_image_b64: (value, path, found) => found.base64('assistant', 'document', value, undefined, path),
  ...labels('item', ...SILENT),
};

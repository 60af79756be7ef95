/**
 * Streams whose chunks have `choices[]` with what each of them grows by: chat completions and completions.
 *
 * Choices interleave; they are told apart by their `index`, which some servers leave out, and in which others count
 * chunks (choice-numbers.ts). A chunk without choices is about usage, or about the prompt (Azure's filter).
 */
import type { Path } from '../../body/json/edit.ts';
import type { StreamEvent } from '../../body/stream/document.ts';
import type { Collector } from '../collector.ts';
import { type Derived, isObject, type JsonObject } from '../segment.ts';
import { hasChoices } from './answer-fields.ts';
import { indexOf, type Numbering, numberingOf } from './choice-numbers.ts';
import { type Fields, readFields } from './fields.ts';
import { belowOf, EventCollector, StreamTextAssembler, type TextId } from './stream-text-assembler.ts';

export interface ChunkReader {
  /** The keys beside `choices`. */
  chunk: Fields;
  readChoice(choice: JsonObject, path: Path, found: Collector): void;
  /** What repeats the choice's text in this chunk. */
  repeatsIn(choice: JsonObject, path: Path): Derived[];
  /** Which text of the choice stands at `below`, a path from the choice. */
  idOf(below: Path, choice: JsonObject): TextId;
}

export class ChoiceStream {
  readonly texts: StreamTextAssembler;
  readonly #reader: ChunkReader;
  readonly #out: Collector;
  /** One for all events: there are thousands. */
  readonly #found: EventCollector;
  readonly #numbering: Numbering;
  readonly #derived = new Map<number, Derived[]>();

  /** @param events all of the stream so far */
  constructor(reader: ChunkReader, out: Collector, events: readonly StreamEvent[]) {
    this.#reader = reader;
    this.#numbering = numberingOf(events);
    this.texts = new StreamTextAssembler(this.#numbering === 'unclear');
    this.#out = out;
    this.#found = new EventCollector(out);
  }

  /** @param event one that need not be a chunk: errors come as they like */
  read({ value }: StreamEvent, number: number): void {
    const isChunk = hasChoices(value);
    if (isChunk) {
      this.#out.model(value.model || undefined);
      readFields(value, this.#reader.chunk, [number], this.#found, { role: 'tool', kind: 'citation' });
    } else {
      this.#found.leaves('tool', 'text', value, [number]);
    }
    const besideChoices = this.#found.take();
    const choices = isChunk ? (value.choices ?? []) : [];
    choices.forEach((choice, position) => {
      this.#readChoice(choice, position, [number, 'choices', position]);
    });
    for (const segment of besideChoices) this.texts.add(number, belowOf(segment, 1), segment);
  }

  /** Which choice this is; counted chunks are of one. */
  indexOf(choice: unknown, position: number): number {
    return this.#numbering === 'choices' ? indexOf(choice, position) : 0;
  }

  /**
   * What one chunk says whole, and may have been said in deltas, is told by that chunk alone.
   *
   * @param isLast no later chunk says more of it
   */
  readWhole(path: Path, index: number, isLast: boolean, read: (found: Collector) => void): void {
    const found = new EventCollector(this.#out);
    read(found);
    found.countInto(this.#out);
    for (const segment of found.extraction.segments) {
      const below = belowOf(segment, path.length);
      const id = ['choices', index, ...this.#reader.idOf(below, {})];
      this.texts.addCumulative(Number(path[0]), id, segment, isLast);
    }
  }

  collect(): void {
    this.#found.countInto(this.#out);
    for (const [index, derived] of this.#derived) {
      this.texts.amend(['choices', index], { derived });
    }
    this.texts.collect(this.#out);
  }

  #readChoice(choice: unknown, position: number, path: Path): void {
    const found = this.#found;
    const index = this.indexOf(choice, position);
    if (isObject(choice)) {
      this.#reader.readChoice(choice, path, found);
      const repeats = this.#reader.repeatsIn(choice, path);
      const known = this.#derived.get(index);
      if (known) for (const one of repeats) known.push(one);
      else if (repeats.length > 0) this.#derived.set(index, repeats);
    } else {
      found.leaves('assistant', 'text', choice, path);
    }
    for (const segment of found.take()) {
      const below = belowOf(segment, path.length);
      const id = isObject(choice) ? this.#reader.idOf(below, choice) : below;
      // Citations and filters' findings are whole in each chunk.
      const source = segment.role === 'assistant' ? 'deltas' : Number(path[0]);
      this.texts.add(source, ['choices', index, ...id], segment);
    }
  }
}

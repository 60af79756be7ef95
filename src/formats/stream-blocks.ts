/**
 * A streamed message that consists of numbered blocks, each of which arrives in deltas.
 *
 * Numbers may start again (spliced messages), be missing, or name a block that nobody opened: whatever is said is in
 * some block, and adjacent blocks of plain text are one text to the reader.
 */
import type { Path } from '../body/json/edit.ts';
import type { Collector } from './collector.ts';
import { readGrowing } from './cumulative-text.ts';
import { DeltaTexts } from './delta-texts.ts';
import type { Piece, Role, SegmentKind, ToolCall } from './segment.ts';

export class StreamBlock {
  /** A signature vouches for the reasoning in it. */
  isSigned = false;
  /** Nothing more is told of it. */
  isStopped = false;
  /** Whose arguments are in it. */
  call: ToolCall | undefined;
  /** One of each kind. */
  readonly #texts = new DeltaTexts();
  #isPlain: boolean;

  /** @param isPlain whether the reader sees it as part of the text before and after it */
  constructor(isPlain: boolean) {
    this.#isPlain = isPlain;
  }

  /** As with `DeltaTexts`. */
  add(role: Role, kind: SegmentKind, value: unknown, path: Path): void {
    if (kind !== 'text') this.#isPlain = false;
    this.#texts.add(kind, role, kind, value, path);
  }

  /** Reads something that belongs to the block and is no delta of its text. */
  note(read: (out: Collector) => void): void {
    this.#texts.note(read);
  }

  /** @returns the pieces of a text that goes on in the next block; undefined when this block stands alone */
  get plainPieces(): readonly Piece[] | undefined {
    return this.#isPlain ? this.#texts.piecesOf('text') : undefined;
  }

  readSaid(out: Collector): void {
    for (const segment of this.#texts.readTexts(out)) {
      if (this.isSigned) segment.immutableBecause = 'signature';
      if (this.isStopped) segment.isWhole = true;
      if (this.call && segment.kind === 'tool_arguments') segment.call = this.call;
    }
  }

  readNotes(out: Collector): void {
    this.#texts.readNotes(out);
  }
}

export class StreamBlocks {
  readonly #all: StreamBlock[] = [];
  #byIndex = new Map<number, StreamBlock>();

  /** A new block, also where one of that number is open. */
  open(index: unknown, isPlain: boolean): StreamBlock {
    const block = new StreamBlock(isPlain);
    this.#all.push(block);
    if (typeof index === 'number') this.#byIndex.set(index, block);
    return block;
  }

  /** The block of that number, or the latest where a number is missing; if there is none, a new one. */
  at(index: unknown): StreamBlock {
    const block = typeof index === 'number' ? this.#byIndex.get(index) : this.#all.at(-1);
    return block ?? this.open(index, true);
  }

  /** The block of that number is told. */
  stop(index: unknown): void {
    const block = typeof index === 'number' ? this.#byIndex.get(index) : undefined;
    if (block) block.isStopped = true;
  }

  /** Another message begins: its numbers are its own. */
  restart(): void {
    this.#byIndex = new Map();
  }

  read(out: Collector): void {
    let run: StreamBlock[] = [];
    const endRun = (isFollowed: boolean) => {
      const segment = readGrowing(
        out,
        'assistant',
        'text',
        run.flatMap((block) => block.plainPieces ?? []),
      );
      const isOpen = (block: StreamBlock) => !block.isStopped && block.plainPieces?.length !== 0;
      if (segment && isFollowed && !run.some(isOpen)) segment.isWhole = true;
      for (const block of run) block.readNotes(out);
      run = [];
    };
    for (const block of this.#all) {
      if (block.plainPieces) {
        run.push(block);
        continue;
      }
      endRun(true);
      block.readSaid(out);
      block.readNotes(out);
    }
    endRun(false);
  }
}

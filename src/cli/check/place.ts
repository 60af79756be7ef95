/** Where something stands in what was read: the file, the path of the entity in it, and line and column. */
import { type Document, isAlias, isMap, isScalar, isSeq, type LineCounter } from 'yaml';

export interface Position {
  line: number;
  column: number;
}

type Step = string | number;

/** A document whose nodes know where they stand. */
export interface PositionedDocument {
  document: Document.Parsed;
  lineCounter: LineCounter;
}

const BEGINNING: Position = { line: 1, column: 1 };

export class Place {
  readonly file: string;
  /** Of the entity, for people; empty for the file itself. */
  readonly path: string;
  readonly #source: PositionedDocument | Position | undefined;
  readonly #steps: readonly Step[];

  /** @param source absent where there are no lines, as in what an Admin API answers */
  constructor(file: string, path = '', source?: PositionedDocument | Position, steps: readonly Step[] = []) {
    this.file = file;
    this.path = path;
    this.#source = source;
    this.#steps = steps;
  }

  /** A field of the entity: the same path, another line. */
  at(...steps: Step[]): Place {
    return new Place(this.file, this.path, this.#source, [...this.#steps, ...steps]);
  }

  /** The same position by another name. */
  named(path: string): Place {
    return new Place(this.file, path, this.#source, this.#steps);
  }

  /** Of the nearest node around it that is in the text. */
  get position(): Position {
    if (!this.#source) return BEGINNING;
    return 'line' in this.#source ? this.#source : positionOf(this.#source, this.#steps);
  }

  toString(): string {
    return this.path === '' ? this.file : `${this.file} ${this.path}`;
  }
}

function positionOf({ document, lineCounter }: PositionedDocument, steps: readonly Step[]): Position {
  let node: unknown = document.contents;
  let offset = document.contents?.range?.[0] ?? document.range[0];
  for (const step of steps) {
    const found = childOf(isAlias(node) ? node.resolve(document) : node, step);
    if (!found) break;
    offset = found.offset ?? offset;
    node = found.node;
  }
  const { line, col } = lineCounter.linePos(offset);
  return { line, column: col };
}

function childOf(node: unknown, step: Step): { node: unknown; offset: number | undefined } | undefined {
  if (isSeq(node) && typeof step === 'number' && step in node.items) {
    const item = node.items[step];
    return { node: item, offset: rangeOf(item) };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => isScalar(key) && key.value === step);
  return pair && { node: pair.value, offset: rangeOf(pair.key) };
}

function rangeOf(node: unknown): number | undefined {
  const isRanged = typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range);
  return isRanged ? (node.range as number[])[0] : undefined;
}

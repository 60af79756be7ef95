/**
 * Arguments of a function call that arrive in deltas: `partialArgs[]`, each a piece of the value at `jsonPath`.
 *
 * A call begins with its name and goes on in parts without one, until another call or another kind of part.
 *
 * @see https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling#streaming-fc
 */
import type { Collector } from '../collector.ts';
import { type Field, itemsOf } from '../placed.ts';
import { named, protoFields } from '../proto-json.ts';
import { isObject, type Piece, type Role, wordOf } from '../segment.ts';

/** Keys of a piece that hold no text. */
const LABELS = new Set(['jsonPath', 'willContinue', 'nullValue']);

export class PartialArgs {
  #byPath = new Map<string, Piece[]>();
  readonly #role: Role;

  /** @param role whose turn the calls stand in */
  constructor(role: Role) {
    this.#role = role;
  }

  /** @param call a part's `functionCall`, with or without pieces of arguments */
  add(call: Field, out: Collector): void {
    const fields = protoFields(call.value, call.path);
    if (named(fields, 'name').some(({ value }) => Boolean(value))) this.end(out);
    for (const list of named(fields, 'partialArgs')) {
      for (const { value, path } of itemsOf(list.value, list.path))
        this.#addPiece({ ...list, value, path }, out);
    }
  }

  /** Reads what was said so far. */
  end(out: Collector): void {
    if (this.#byPath.size === 0) return;
    for (const pieces of this.#byPath.values()) out.joined(this.#role, 'tool_arguments', pieces);
    this.#byPath = new Map();
  }

  #addPiece(arg: Field, out: Collector): void {
    const { value: whole, path: at } = arg;
    if (typeof whole === 'string') this.#push(`no path: ${at.join('/')}`, { text: whole, path: at });
    else if (!isObject(whole)) out.leaves(this.#role, 'tool_arguments', whole, at);
    const fields = protoFields(whole, at);
    const jsonPath = wordOf(named(fields, 'jsonPath')[0]?.value);
    for (const { name, value, path } of fields) {
      if (LABELS.has(name)) continue;
      if (name === 'stringValue' && typeof value === 'string')
        this.#push(jsonPath, { text: value, path: path });
      else out.leaves(this.#role, 'tool_arguments', value, path);
    }
  }

  #push(jsonPath: string, piece: Piece): void {
    const pieces = this.#byPath.get(jsonPath);
    if (pieces) pieces.push(piece);
    else this.#byPath.set(jsonPath, [piece]);
  }
}

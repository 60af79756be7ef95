/** A JSON body: its text as it came, and its value; edits go back into the text. */
import { isUtf8 } from 'node:buffer';
import { findJsonHazard, MAX_VALUES, type ValueBudget } from './check.ts';
import { type Edit, editJson } from './edit.ts';
import { hiddenValues } from './hidden-values.ts';
import { parseKeepingText } from './number-source.ts';

export interface JsonDocument {
  value: unknown;
  /** What the strings of JSON in it may hold: what the body itself left. */
  left: Readonly<ValueBudget>;
  /** Parts of the body that are no text, and parts that may be one which cannot be read; `value` has neither. */
  opaque?: number;
  unreadable?: number;
  /** What the body says beside `value`: in an answer, what another value of the same key hides. */
  beside?: string;
  /** How many lists and objects its text opens, and commas it has; unknown where the value is not all that it says. */
  size?: number;
  /** @returns the UTF-8 bytes of the body with the edits in place, every other byte as received */
  apply(edits: readonly Edit[]): Uint8Array;
}

/** Why a body is not one unambiguous JSON value. */
export type JsonProblem = 'invalid_utf8' | 'invalid_json' | 'too_complex' | 'duplicate_key';

export type ParsedJson = { ok: true; document: JsonDocument } | { ok: false; problem: JsonProblem };

/** What becomes of an object that has a key twice: two readers may read it as two. */
export type Duplicates = 'refused' | 'told';

/** The sizes of whole bodies, by their values: events are too many for it, and carry their own. */
const sizes = new WeakMap<object, number>();

/** @param root the value of a whole body */
export function sizeInText(root: unknown): number | undefined {
  return typeof root === 'object' && root !== null ? sizes.get(root) : undefined;
}

/** A byte-order mark, trailing data and a second value are `invalid_json`: readers disagree about them. */
export function parseJson(bytes: Uint8Array, budget?: ValueBudget, duplicates?: Duplicates): ParsedJson {
  if (!isUtf8(bytes)) return { ok: false, problem: 'invalid_utf8' };
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  const parsed = parseJsonText(text, budget, duplicates);
  if (parsed.ok) rememberSize(parsed.document);
  return parsed;
}

/** For whoever reads the value as a whole body. */
export function rememberSize({ value, size }: { value: unknown; size?: number | undefined }): void {
  if (size !== undefined && typeof value === 'object' && value !== null) sizes.set(value, size);
}

/** The same of what is decoded already, such as one event of a stream. */
export function parseJsonText(
  text: string,
  budget: ValueBudget = { left: MAX_VALUES },
  duplicates: Duplicates = 'refused',
): ParsedJson {
  const before = budget.left;
  const hazard = findJsonHazard(text, budget);
  if (hazard === 'too_complex') return { ok: false, problem: hazard };
  let value: unknown;
  try {
    value = parseKeepingText(text);
  } catch {
    return { ok: false, problem: 'invalid_json' };
  }
  // Said last: what is no JSON at all has no keys.
  if (hazard && duplicates === 'refused') return { ok: false, problem: hazard };
  const document: JsonDocument = {
    value,
    left: budget,
    apply: (edits) => Buffer.from(editJson(text, edits), 'utf8'),
  };
  const beside = hazard ? hiddenValues(text) : '';
  if (beside !== '') document.beside = beside;
  if (!hazard) document.size = before - budget.left;
  return { ok: true, document };
}

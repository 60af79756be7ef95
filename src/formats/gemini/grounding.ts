/**
 * What an answer of Gemini says about its sources.
 *
 * | field of a candidate | text | when the answer is changed |
 * |---|---|---|
 * | `groundingMetadata` | search queries, `searchEntryPoint` (HTML, and JSON in base64), `groundingChunks` | |
 * | | `groundingSupports[].segment.text`, unless it only repeats the answer | emptied: offsets |
 * | `citationMetadata` | titles, licences and addresses of `citations` | emptied: offsets |
 * | `urlContextMetadata` | the addresses that the model fetched | |
 * | `groundingAttributions` | the passages | |
 * | `logprobsResult` | nothing: it spells the answer | emptied |
 *
 * @see https://ai.google.dev/api/generate-content#GroundingMetadata
 */
import { findText } from '../../body/find-text.ts';
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../collector.ts';
import { type Field, itemsOf, type Placed } from '../placed.ts';
import { named, protoFields } from '../proto-json.ts';
import { type Derived, isObject } from '../segment.ts';
import { claimSpelled } from '../spelled-out.ts';
import { GROUNDING_REDIRECT } from './grounding-shapes.ts';

/** Parts of the answer in other words, and offsets into it. */
export function derivedFrom(candidate: Field[]): Derived[] {
  const inside = (name: string) =>
    named(candidate, name).flatMap((field) => protoFields(field.value, field.path));
  const lists = [
    ...named(inside('groundingMetadata'), 'groundingSupports'),
    ...inside('citationMetadata').filter(({ value }) => Array.isArray(value)),
  ];
  return [
    ...lists.filter(({ value }) => value !== null).map((field) => ({ path: field.path, json: '[]' })),
    ...named(candidate, 'logprobsResult').map((field) => ({ path: field.path, json: 'null' })),
  ];
}

/** The tokens that were chosen spell the answer. */
export function claimTokens(pieces: readonly Field[][], said: string, out: Collector): void {
  const below = (fields: Field[], name: string) =>
    named(fields, name).flatMap((field) => itemsOf(field.value, field.path));
  const insideOf = ({ value, path }: Placed) => protoFields(value, path);
  for (const fields of pieces) {
    const chosen = below(fields, 'logprobsResult')
      .flatMap((result) => below(insideOf(result), 'chosenCandidates'))
      .flatMap((token) => named(insideOf(token), 'token'));
    claimSpelled(chosen, said, out);
  }
}

/**
 * A candidate's own words, of which its notes quote one after the other: each is looked for where the one before it was
 * found. Whoever has notes that stand in no order, or nowhere, has them read in the end, as if nobody had said them.
 */
export class SaidText {
  readonly #text: string;
  #at = 0;
  /** UTF-16 code units that may still be looked at in vain. */
  #patience: number;

  constructor(text: string) {
    this.#text = text;
    this.#patience = LEAST_PATIENCE + text.length * TIMES_IN_VAIN;
  }

  includes(note: string): boolean {
    if (this.#patience < 0) return false;
    const ahead = findText(this.#text, note, this.#at);
    if (ahead === -1) this.#patience -= this.#text.length;
    const found = ahead === -1 ? findText(this.#text, note) : ahead;
    if (found !== -1) this.#at = found;
    return found !== -1;
  }
}

const LEAST_PATIENCE = 1_000_000;
const TIMES_IN_VAIN = 8;

/** @param said the candidate's own words */
export function readGrounding({ value, path }: Placed, said: SaidText, out: Collector): void {
  if (!isObject(value)) readNotes(value, path, out);
  for (const field of protoFields(value, path)) {
    if (field.name === 'groundingSupports') readSupports(field, said, out);
    else if (field.name === 'searchEntryPoint') readSearchEntryPoint(field, out);
    else if (!NO_TEXT.has(field.name)) readNotes(field.value, field.path, out);
  }
}

function readSupports({ value, path }: Field, said: SaidText, out: Collector): void {
  for (const support of itemsOf(value, path)) {
    if (!isObject(support.value)) readNotes(support.value, support.path, out);
    for (const field of protoFields(support.value, support.path)) {
      for (const note of isObject(field.value) ? protoFields(field.value, field.path) : [field]) {
        const isSaid = note.name === 'text' && typeof note.value === 'string' && said.includes(note.value);
        if (isSaid) out.claim(note.path);
        else readNotes(note.value, note.path, out);
      }
    }
  }
}

function readSearchEntryPoint({ value, path }: Field, out: Collector): void {
  if (!isObject(value)) readNotes(value, path, out);
  for (const field of protoFields(value, path)) {
    if (field.name === 'sdkBlob' && typeof field.value === 'string') {
      out.base64('tool', 'citation', field.value, 'application/json', field.path);
    } else {
      readNotes(field.value, field.path, out);
    }
  }
}

/** Every string of a note on sources but ids and links into Google's own services. */
export function readNotes(value: unknown, path: Path, out: Collector): void {
  if (typeof value === 'string') {
    if (!GROUNDING_REDIRECT.test(value)) out.text('tool', 'citation', value, path);
  } else if (Array.isArray(value)) {
    for (const item of itemsOf(value, path)) readNotes(item.value, item.path, out);
  }
  for (const field of protoFields(value, path)) {
    if (!NO_TEXT.has(field.name)) readNotes(field.value, field.path, out);
  }
}

const NO_TEXT = new Set([
  ...['placeId', 'chunkId', 'fileId', 'mediaId', 'reviewId', 'sourceId', 'googleMapsWidgetContextToken'],
  ...['photoUri', 'flagContentUri', 'googleMapsUri', 'sourceFlaggingUris', 'encodedPolyline'],
  ...['documentName', 'fileSearchStore', 'urlRetrievalStatus'],
]);

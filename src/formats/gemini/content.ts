/**
 * Contents and their parts, which all of Gemini's APIs share.
 *
 * | part | text | kind, role |
 * |---|---|---|
 * | `text` | the string | text; reasoning with `thought: true` |
 * | `functionCall`, `toolCall` | `name`; leaves of `args`; `partialArgs[]` (partial-args.ts) | label; tool_arguments |
 * | `functionResponse`, `toolResponse` | `name`; leaves of `response`, media in `parts` | label; tool_result, tool |
 * | `executableCode` | `code` | tool_arguments |
 * | `codeExecutionResult` | `output` | tool_result, tool |
 * | `inlineData` | base64 of text types; `displayName` | document; document_title |
 * | `fileData` | `displayName`; the file itself is opaque | document_title |
 * | `audioTranscription` | `text`; `words` repeat it, and go when it is changed | text |
 *
 * @see https://ai.google.dev/api/caching#Part
 */
import { findText } from '../../body/find-text.ts';
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../collector.ts';
import { readGrowing } from '../cumulative-text.ts';
import { type Field, itemsOf, type Placed } from '../placed.ts';
import { named, protoFields } from '../proto-json.ts';
import { isObject, type Piece, type Role, type SegmentKind, wordOf } from '../segment.ts';
import { PartialArgs } from './partial-args.ts';

/** @param role what the content is whatever its own `role` says */
export function readContent(content: unknown, path: Path, out: Collector, role = roleOf(content)): void {
  if (!isObject(content)) {
    out.leaves(role, 'text', content, path);
    return;
  }
  readParts(partsOf(content, path), role, out);
  readOtherFields(content, path, role, out);
}

/** What a content has beside its parts. */
export function readOtherFields(content: unknown, path: Path, role: Role, out: Collector): void {
  for (const field of protoFields(content, path)) {
    if (!CONTENT_FIELDS.has(field.name)) out.leaves(role, 'text', field.value, field.path);
  }
}

const CONTENT_FIELDS = new Set(['role', 'parts']);

export function partsOf(content: unknown, path: Path): Placed[] {
  return named(protoFields(content, path), 'parts').flatMap((field) => itemsOf(field.value, field.path));
}

const ROLES: Record<string, Role> = {
  user: 'user',
  model: 'assistant',
  assistant: 'assistant',
  function: 'tool',
  tool: 'tool',
  system: 'system',
};

/** A content without a role, or with an unknown one, is the user's. */
function roleOf(content: unknown): Role {
  const role = isObject(content) && typeof content.role === 'string' ? content.role : '';
  return Object.hasOwn(ROLES, role) ? (ROLES[role] ?? 'user') : 'user';
}

/** Adjacent texts of one kind. */
interface Run {
  kind: SegmentKind;
  pieces: Piece[];
  isSigned: boolean;
}

/**
 * Adjacent parts are one text to the reader: streams cut answers anywhere. What an answer says, and what it thinks, goes
 * on behind calls and each other: clients put the parts of one kind together.
 */
export function readParts(parts: Placed[], role: Role, out: Collector, isAnswer = false): void {
  const withFields = parts.map((part) => ({ ...part, fields: protoFields(part.value, part.path) }));
  const runs = isAnswer ? answerRuns(withFields, role) : new Map<unknown, Run>();
  const read = new Set<Run>();
  let run: Run | undefined;
  const partialArgs = new PartialArgs(role);
  const readRun = (one: Run) => {
    if (read.has(one)) return;
    read.add(one);
    const segment = isAnswer
      ? readGrowing(out, role, one.kind, one.pieces)
      : out.parts(role, one.kind, one.pieces);
    // A signature on an answer's text vouches for the thoughts behind it, not for the text.
    if (segment && one.isSigned && one.kind === 'reasoning') segment.immutableBecause = 'signature';
  };
  const endRun = () => {
    if (run) readRun(run);
    run = undefined;
  };
  for (const { value: part, path, fields } of withFields) {
    if (!fields.some(({ name }) => CALLS.has(name))) partialArgs.end(out);
    const [text] = named(fields, 'text');
    const ofAnswer = runs.get(part);
    if (ofAnswer) readRun(ofAnswer);
    else if (typeof text?.value === 'string') {
      const kind = textKind(role, fields);
      if (run?.kind !== kind) endRun();
      run ??= { kind, pieces: [], isSigned: false };
      run.pieces.push({ text: text.value, path: text.path });
      run.isSigned ||= isSigned(fields);
    }
    const others = fields.filter((field) => !isReadAsText(field));
    if (others.length > 0 || !isObject(part)) endRun();
    for (const field of others) {
      if (CALLS.has(field.name)) partialArgs.add(field, out);
      readPartField(field, role, out);
    }
    if (!isObject(part)) out.leaves(role, plainKind(role), part, path);
  }
  endRun();
  partialArgs.end(out);
}

interface PlacedFields extends Placed {
  fields: Field[];
}

/** @returns which text of the answer each part belongs to */
function answerRuns(parts: readonly PlacedFields[], role: Role): ReadonlyMap<unknown, Run> {
  const byKind = new Map<SegmentKind, Run>();
  const runs = new Map<unknown, Run>();
  for (const { value: part, fields } of parts) {
    const [text] = named(fields, 'text');
    if (typeof text?.value !== 'string') continue;
    const kind = textKind(role, fields);
    const run = byKind.get(kind) ?? { kind, pieces: [], isSigned: false };
    byKind.set(kind, run);
    run.pieces.push({ text: text.value, path: text.path });
    run.isSigned ||= isSigned(fields);
    runs.set(part, run);
  }
  return runs;
}

const CALLS = new Set(['functionCall', 'toolCall']);

function isReadAsText({ name, value }: Field): boolean {
  return SETTINGS.has(name) || (name === 'text' && typeof value === 'string');
}

/** Nothing that anyone reads. */
const SETTINGS = new Set([
  'thought',
  'thoughtSignature',
  'videoMetadata',
  'mediaResolution',
  'mediaProcessing',
]);

function plainKind(role: Role): SegmentKind {
  return role === 'tool' ? 'tool_result' : 'text';
}

function textKind(role: Role, fields: Field[]): SegmentKind {
  return named(fields, 'thought').some(({ value }) => value === true) ? 'reasoning' : plainKind(role);
}

function isSigned(fields: Field[]): boolean {
  return named(fields, 'thoughtSignature').some(({ value }) => typeof value === 'string' && value !== '');
}

function readPartField(field: Field, role: Role, out: Collector): void {
  const { name, value, path } = field;
  if (!isObject(value)) out.leaves(role, plainKind(role), value, path);
  else if (name === 'functionCall' || name === 'toolCall' || name === 'executableCode')
    out.call(() => readCall(field, role, out), name);
  else if (name === 'functionResponse' || name === 'toolResponse' || name === 'codeExecutionResult')
    readResult(field, out);
  else if (name === 'inlineData' || name === 'fileData') readMedia(field, role, out);
  else if (name === 'audioTranscription') readTranscription(field, role, out);
  else out.leaves(role, plainKind(role), value, path);
}

/** Names, ids and enums of calls and their results. */
const LABELS = new Set(['id', 'name', 'toolType', 'language', 'outcome', 'scheduling', 'willContinue']);

function readCall({ name, value, path }: Field, role: Role, out: Collector): void {
  for (const field of protoFields(value, path)) {
    if (field.name === 'name') out.identifier(role, field.value, field.path);
    const isPartial = field.name === 'partialArgs' && CALLS.has(name);
    if (!isPartial && !LABELS.has(field.name)) {
      out.leaves(role, 'tool_arguments', field.value, field.path);
    }
  }
}

function readResult({ value, path }: Field, out: Collector): void {
  for (const field of protoFields(value, path)) {
    if (field.name === 'name') out.identifier('tool', field.value, field.path);
    if (field.name === 'parts') readParts(itemsOf(field.value, field.path), 'tool', out);
    else if (!LABELS.has(field.name)) out.leaves('tool', 'tool_result', field.value, field.path);
  }
}

/** Media inside a message, and files that it names. */
function readMedia({ value, path }: Field, role: Role, out: Collector): void {
  const fields = protoFields(value, path);
  const mimeType = named(fields, 'mimeType')[0]?.value;
  const kind = role === 'tool' ? 'tool_result' : 'document';
  for (const field of fields) {
    const { name } = field;
    if (name === 'mimeType') continue;
    if (name === 'displayName') out.text(role, 'document_title', field.value, field.path);
    else if (typeof field.value !== 'string') out.leaves(role, kind, field.value, field.path);
    else if (name === 'data') out.base64(role, kind, field.value, mimeType, field.path);
    else if (name === 'fileUri') out.url(role, kind, field.value, field.path);
    else out.text(role, kind, field.value, field.path);
  }
}

function readTranscription({ value, path }: Field, role: Role, out: Collector): void {
  const fields = protoFields(value, path);
  const words = named(fields, 'words').filter((field) => Array.isArray(field.value));
  const derived = words.map((field) => ({ path: field.path, json: '[]' }));
  out.deriving(derived, () => {
    for (const text of named(fields, 'text')) {
      out.text(role, 'text', text.value, text.path);
      claimWords(words, wordOf(text.value), out);
    }
  });
}

/** They repeat the text, one after the other. */
function claimWords(lists: Field[], said: string, out: Collector): void {
  let at = 0;
  for (const { value: item, path } of lists.flatMap((list) => itemsOf(list.value, list.path))) {
    for (const word of named(protoFields(item, path), 'word')) {
      const found = typeof word.value === 'string' ? findText(said, word.value, at) : -1;
      // The others are text: looking for each of them everywhere would take too long.
      if (found === -1) return;
      at = found;
      out.claim(word.path);
    }
  }
}

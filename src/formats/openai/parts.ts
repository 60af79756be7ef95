/**
 * What a message or a tool result consists of, in chat completions and in responses.
 *
 * | part | text | opaque |
 * |---|---|---|
 * | `text`, `input_text`, `output_text`, `summary_text`, `reasoning_text` | `text` | |
 * | `refusal`, `thinking` (Mistral), `logs`, `output_audio` | `refusal`, `thinking`, `logs`, `transcript` | `data` |
 * | `image_url`, `input_image`, `image`, `computer_screenshot`, `input_audio` | of a text in base64 | all others |
 * | `file`, `input_file` | `filename`, `file_data` of a text | other files, `file_id`, `file_url` |
 * | `output_text` | `annotations`: titles, URLs and file names, as citations | |
 *
 * Parts are told apart by their keys: a `type` may be missing or new. `annotations` and `logprobs` point into the text
 * and repeat it, so they go when it changes.
 */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../collector.ts';
import { readDataUrl } from '../data-url.ts';
import {
  type Derived,
  isObject,
  type JsonObject,
  type Piece,
  type Role,
  type SegmentKind,
} from '../segment.ts';
import {
  base64,
  citations,
  type Field,
  type Fields,
  labels,
  media,
  opaque,
  readFields,
  refusal,
  type TextOrigin,
  text,
} from './fields.ts';

const ROLES: Record<string, Role> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  assistant: 'assistant',
  tool: 'tool',
  function: 'tool',
};

/** An unknown role is read as a user's: AIDR does the same, and dropping it would hide its text. */
export function roleOf(role: unknown): Role {
  return typeof role === 'string' && Object.hasOwn(ROLES, role) ? (ROLES[role] ?? 'user') : 'user';
}

/** A string, one part, or a list of both. */
export function readContent(content: unknown, path: Path, out: Collector, origin: TextOrigin): void {
  readContentOf(fieldsOfPart, content, path, out, origin);
}

/** @param fieldsOf what a part has in an API that is like this one */
export function readContentOf(
  fieldsOf: (part: JsonObject) => Fields,
  content: unknown,
  path: Path,
  out: Collector,
  origin: TextOrigin,
): void {
  if (!Array.isArray(content)) {
    readPart(fieldsOf, content, path, out, origin);
    return;
  }
  if (JOINED.has(origin.kind)) joinTexts(content, path, out, origin);
  content.forEach((part, index) => {
    if (typeof part === 'number') out.unreadable('tokens', [...path, index]);
    else readPart(fieldsOf, part, [...path, index], out, origin);
  });
}

const JOINED: ReadonlySet<SegmentKind> = new Set(['text', 'tool_result']);

function joinTexts(parts: unknown[], path: Path, out: Collector, { role, kind }: TextOrigin): void {
  const pieces = parts.flatMap((part, index): Piece[] =>
    isObject(part) && typeof part.text === 'string'
      ? [{ text: part.text, path: [...path, index, 'text'] }]
      : [],
  );
  if (pieces.length < 2) return;
  const derived = parts.flatMap((part, index) => (isObject(part) ? repeatsIn(part, [...path, index]) : []));
  out.deriving(derived, () => out.parts(role, kind, pieces));
}

function readPart(
  fieldsOf: (part: JsonObject) => Fields,
  part: unknown,
  path: Path,
  out: Collector,
  origin: TextOrigin,
): void {
  if (!isObject(part)) {
    out.text(origin.role, origin.kind, part, path);
    return;
  }
  out.deriving(repeatsIn(part, path), () => readFields(part, fieldsOf(part), path, out, origin));
  readAnnotations(part, path, out);
}

/** Read apart from the text: a change of a title needs no other change. */
export function readAnnotations(owner: JsonObject, path: Path, out: Collector): void {
  citations(owner.annotations, [...path, 'annotations'], out, { role: 'tool', kind: 'citation' }, owner);
}

/** What repeats the texts of a message or a part; audio says them aloud. */
export function repeatsIn(owner: JsonObject, path: Path): Derived[] {
  const lists = ['annotations', 'logprobs']
    .filter((key) => Array.isArray(owner[key]) && owner[key].length > 0)
    .map((key) => ({ path: [...path, key], json: '[]' }));
  const [audio, at] = owner.type === 'output_audio' ? [owner, path] : [owner.audio, [...path, 'audio']];
  const isSpoken = isObject(audio) && typeof audio.data === 'string';
  return isSpoken ? [...lists, { path: [...at, 'data'], json: '""' }] : lists;
}

/** In a turn that is not the model's, they are whoever's turn it is. */
export const thoughts: Field = (value, path, out, { role }) =>
  readContent(value, path, out, { role, kind: 'reasoning' });

/** In a data URL, or as bare base64: what the file's name calls a text cannot be read as anything else. */
const fileData: Field = (value, path, out, { role }, { filename }) => {
  if (value === null) return;
  if (typeof value === 'string' && readDataUrl(value)) out.url(role, 'document', value, path);
  else out.base64(role, 'document', value, isTextFile(filename) ? 'text/plain' : undefined, path);
};

const TEXT_FILE =
  /\.(txt|md|csv|tsv|json|jsonl|html?|xml|ya?ml|toml|ini|log|sql|css|[jt]sx?|py|rb|go|java|sh)$/i;

function isTextFile(name: unknown): boolean {
  return typeof name === 'string' && TEXT_FILE.test(name);
}

const FILE: Fields = {
  filename: (value, path, out, { role }) => out.text(role, 'document_title', value, path),
  file_data: fileData,
  file_url: media,
  file_id: opaque,
};

const file: Field = (value, path, out, origin) => {
  if (isObject(value)) readFields(value, FILE, path, out, origin);
  else media(value, path, out, origin, {});
};

const PART: Fields = {
  thinking: thoughts,
  text,
  refusal,
  logs: text,
  transcript: text,
  file,
  ...FILE,
  image_url: media,
  video_url: media,
  audio_url: media,
  input_audio: base64,
  ...labels('annotations', 'logprobs', 'type', 'id', 'index', 'detail', 'outcome'),
  ...labels('cache_control', 'prompt_cache_breakpoint'),
};

/** Types that hold media under keys which could be text elsewhere. */
const MEDIA_PART: Fields = { ...PART, data: base64, url: media };

function fieldsOfPart({ type }: JsonObject): Fields {
  return type === 'output_audio' || type === 'image' ? MEDIA_PART : PART;
}

/**
 * A form as the value that it means: an object with a member for each field, a list where a field is there several times,
 * and an object for a file. Edits go back into the part concerned; every other byte stays.
 */
import { MAX_VALUES } from '../json/check.ts';
import type { JsonDocument } from '../json/document.ts';
import type { Edit, Path } from '../json/edit.ts';
import { PathMap } from '../json/path-map.ts';
import { withChanges } from '../text-changes.ts';
import { boundaryOf, type Part, partsOf, type Range, type Value } from './parts.ts';

/** What the bytes of a part are; with a text, how to write another one in its encoding. */
export type PartContent =
  | { kind: 'text'; text: string; encode(text: string): Uint8Array }
  | { kind: 'media' | 'unreadable' };

export type ParsedForm = { ok: true; document: JsonDocument } | { ok: false; problem: 'invalid_form' };

/** Whether the body is to be read as a form: what the header says decides for every reader. */
export function isForm(contentType: string | undefined): boolean {
  return /^\s*multipart\//i.test(contentType ?? '');
}

/** @param readContent tells texts from media by their bytes */
export function parseForm(
  bytes: Uint8Array,
  contentType: string | undefined,
  readContent: (bytes: Uint8Array) => PartContent,
): ParsedForm {
  const boundary = boundaryOf(contentType);
  const parts = boundary === undefined ? undefined : partsOf(bytes, boundary);
  if (boundary === undefined || !parts || !parts.every(isReadAlike))
    return { ok: false, problem: 'invalid_form' };
  const form = new Form(bytes, boundary);
  for (const part of parts) form.add(part, readContent(bytes.subarray(part.content.start, part.content.end)));
  return { ok: true, document: form.document() };
}

/** Otherwise a name is no UTF-8, a part is in another charset, or it says how all others are to be read. */
function isReadAlike({ name, mediaType, filename }: Part): boolean {
  if (name === '_charset_' || isNamedOtherwise(mediaType?.text ?? '')) return false;
  return !`${name}${filename?.text ?? ''}`.includes(REPLACEMENT);
}

/** What a decoder of UTF-8 puts where there is none. */
const REPLACEMENT = '\ufffd';

function isNamedOtherwise(mediaType: string): boolean {
  if (/^multipart\//i.test(mediaType)) return true;
  return /charset/i.test(mediaType) && !/; ?charset="?(?:utf-?8|us-ascii)"?$/i.test(mediaType);
}

/** Types that say nothing but what kind of file it is. */
const MEDIA_TYPES = new Set([
  ...['application/json', 'application/jsonl', 'application/x-ndjson', 'application/octet-stream'],
  ...['application/pdf', 'application/zip', 'text/plain', 'text/csv', 'text/markdown', 'text/html'],
  ...['audio/mpeg', 'audio/mp3', 'audio/mp4', 'audio/wav', 'audio/x-wav', 'audio/webm', 'audio/ogg'],
  ...['audio/flac', 'audio/x-m4a', 'audio/m4a', 'video/mp4', 'video/webm', 'video/mpeg'],
  ...['image/png', 'image/jpeg', 'image/webp', 'image/gif'],
]);

/** How a string of the value is written into the form. */
interface Place extends Value {
  /** The part's own `Content-Length`, which says how long it is. */
  length?: Range;
  encode(text: string): Uint8Array;
}

class Form {
  readonly #bytes: Uint8Array;
  readonly #delimiter: string;
  readonly #fields = new Map<string, unknown[]>();
  readonly #places = new PathMap<Place>();
  #opaque = 0;
  #unreadable = 0;

  constructor(bytes: Uint8Array, boundary: string) {
    this.#bytes = bytes;
    this.#delimiter = `--${boundary}`;
  }

  add(part: Part, content: PartContent): void {
    const name = part.name.replace(/\[\]$/, '');
    const values = this.#fields.get(name) ?? [];
    this.#fields.set(name, values);
    const path = [name, values.length];
    if (content.kind !== 'text') this.#count(content.kind);
    values.push(part.filename ? this.#file(part, content, path) : this.#field(part, content, path));
  }

  document(): JsonDocument {
    const value = Object.fromEntries(
      [...this.#fields].map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
    );
    return {
      value,
      left: { left: MAX_VALUES },
      opaque: this.#opaque,
      unreadable: this.#unreadable,
      apply: (edits) => this.#apply(edits),
    };
  }

  #count(kind: 'media' | 'unreadable'): void {
    if (kind === 'media') this.#opaque++;
    else this.#unreadable++;
  }

  #field({ content: at, length }: Part, content: PartContent, path: Path): unknown {
    if (content.kind !== 'text') return null;
    const { text, encode } = content;
    if (text === 'true' || text === 'false') return text === 'true';
    return this.#text(path, { text, at, encode, ...(length ? { length } : {}) });
  }

  #file({ filename, mediaType, content: at, length }: Part, content: PartContent, path: Path): unknown {
    const file: Record<string, string> = {};
    if (filename)
      file.filename = this.#text([...path, 'filename'], { ...filename, encode: filenameParameter });
    if (mediaType && !MEDIA_TYPES.has(mediaType.text.toLowerCase()))
      file.mime_type = this.#text([...path, 'mime_type'], { ...mediaType, encode: headerValue });
    if (content.kind === 'text') {
      const { text, encode } = content;
      file.content = this.#text([...path, 'content'], { text, at, encode, ...(length ? { length } : {}) });
    }
    return file;
  }

  #text(path: Path, place: Place): string {
    this.#places.at(path).value = place;
    return place.text;
  }

  /** @throws Error when an edit is of nothing that can be written here, or the form would be cut in another place */
  #apply(edits: readonly Edit[]): Uint8Array {
    const written = edits.flatMap((edit) => this.#written(edit)).sort((a, b) => a.at.start - b.at.start);
    const pieces: Uint8Array[] = [];
    let copied = 0;
    for (const { at, bytes } of written) {
      pieces.push(this.#bytes.subarray(copied, at.start), bytes);
      copied = at.end;
    }
    pieces.push(this.#bytes.subarray(copied));
    return Buffer.concat(pieces);
  }

  #written(edit: Edit): { at: Range; bytes: Uint8Array }[] {
    const place = this.#placeOf(edit.path);
    if (!place || !('changes' in edit || 'text' in edit)) throw new Error('no such text in the form');
    const text = 'changes' in edit ? withChanges(place.text, edit.changes) : edit.text;
    const bytes = place.encode(text);
    if (Buffer.from(bytes).includes(this.#delimiter))
      throw new Error('a text with the delimiter of the form');
    const length = place.length && { at: place.length, bytes: Buffer.from(String(bytes.length)) };
    return [{ at: place.at, bytes }, ...(length ? [length] : [])];
  }

  /** A field that is there once is no list in the value. */
  #placeOf([name, ...rest]: Path): Place | undefined {
    const isList = (this.#fields.get(String(name))?.length ?? 0) > 1;
    return this.#places.at(isList ? [String(name), ...rest] : [String(name), 0, ...rest]).value;
  }
}

/**
 * As browsers write the name of a file.
 *
 * @see https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data
 */
function filenameParameter(name: string): Uint8Array {
  return Buffer.from(`filename="${name.replace(/["\r\n\\]/g, encodeURIComponent)}"`, 'utf8');
}

function headerValue(text: string): Uint8Array {
  return Buffer.from(text.replace(/[\r\n]/g, ' '), 'utf8');
}

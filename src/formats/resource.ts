/**
 * Objects that an API keeps, and requests about them: threads, batches, vector stores, pictures. Nothing in them is known to
 * be no text but what a shape excuses, so they are read leaf by leaf. Only a path names them: no body looks like one.
 */
import type { Path } from '../body/json/edit.ts';
import type { StreamEvent } from '../body/stream/document.ts';
import type { Collector } from './collector.ts';
import type { BodyFormat, Shapes } from './format.ts';
import { isObject, type JsonObject } from './segment.ts';
import { holdsNumbers } from './token-lists.ts';

export interface Resource {
  /** `<provider>.<api>`, for the record. */
  name: string;
  shapes: Shapes;
  /** Keys of files in base64, beside those that all APIs have. */
  base64?: readonly string[];
  /** Requests have texts and no numbers that are not settings: other lists of them are token ids, or vectors of a text. */
  takesTokens?: true;
  /**
   * Reads the texts of a stream that arrive in deltas. Without it a stream cannot be read.
   *
   * @returns false when no event is one of this API's
   */
  readStream?(events: readonly StreamEvent[], out: Collector): boolean;
}

export function resourceFormat({ name, shapes, base64 = [], takesTokens, readStream }: Resource): BodyFormat {
  const files = new Set([...BASE64, ...base64]);
  return {
    name,
    shapes,
    requestKeys: NO_KEYS,
    takesAny: true,
    readRequest(body, out) {
      out.model(body.model);
      readMedia(body, [], out, files);
      if (takesTokens) refuseTokens(body, shapes, out);
      if (hasReferences(body)) out.reference();
      return true;
    },
    readRequestList(body, out) {
      for (const item of body) if (isObject(item)) out.model(item.model);
      readMedia(body, [], out, files);
      if (hasReferences(body)) out.reference();
    },
    readResponse(body, out) {
      if (typeof body !== 'object' || body === null) return false;
      readMedia(body, [], out, files);
      return true;
    },
    ...(readStream ? { readStream } : {}),
  };
}

function refuseTokens(body: JsonObject, { request }: Shapes, out: Collector): void {
  const settings = request.keys?.();
  for (const key in body)
    if (settings?.get(key)?.isInert?.(0) !== true && holdsNumbers(body[key])) out.unreadable('tokens', [key]);
}

const NO_KEYS: ReadonlySet<string> = new Set();

/** Files in base64 and the addresses of files; all other leaves are accounted for as text. */
export function readMedia(value: unknown, path: Path, out: Collector, files = BASE64): void {
  readMember(undefined, value, path, out, files);
}

/** @param key under which the value stands, or a list, at any depth, that it is in */
function readMember(
  key: string | undefined,
  value: unknown,
  path: Path,
  out: Collector,
  files: ReadonlySet<string>,
): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) readMember(key, item, [...path, index], out, files);
  } else if (isObject(value)) {
    for (const name in value) readMember(name, value[name], [...path, name], out, files);
  } else if (typeof value === 'string' && key !== undefined) {
    if (files.has(key)) out.base64('tool', 'document', value, undefined, path);
    else if (URLS.has(key)) out.url('tool', 'document', value, path);
  }
}

const BASE64: ReadonlySet<string> = new Set([
  'b64_json',
  'audio',
  'partial_image_b64',
  'image_base64',
  'file_data',
  'bytesBase64Encoded',
]);
const URLS = new Set(['images', 'url', 'image_url', 'file_url', 'document_url', 'report_url']);

/** What the model or the API will read elsewhere. */
function hasReferences(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasReferences);
  if (!isObject(value)) return false;
  return Object.entries(value).some(
    ([key, item]) => (REFERENCES.test(key) && isFilled(item)) || hasReferences(item),
  );
}

/** Keys such as `file_ids`, `input_file_id`, `training_file` and `previous_response_id`. */
const REFERENCES =
  /(?:^|_)(?:file|files|store|stores|container|assistant|thread|conversation|prompt|skill|dataset|response|item|s3uri|arn)_?ids?$|^(?:training_file|validation_file|s3Uri|gcsUri|fileUri|server_url|connector_id)$/i;

function isFilled(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === 'string' && value !== '';
}

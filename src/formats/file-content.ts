/**
 * Files, mostly in base64. Their bytes decide whether they are text: types and names are often wrong, and a model reads all of them.
 *
 * | bytes | |
 * |---|---|
 * | UTF-8 without a NUL; UTF-16 behind a byte-order mark | text |
 * | `%PDF-`, unless the type says that it is text | media: a PDF can be all ASCII |
 * | anything else | media; unreadable where the type says that it is text, or most of it is |
 *
 * What decoders could read differently (odd base64, another charset) is unreadable where it looks like a text.
 */
import { isUtf8 } from 'node:buffer';
import { isBase64, isTextual } from './data-url.ts';
import { isTextLike } from './text-like.ts';

export type FileContent =
  /** Without its byte-order mark. */
  { kind: 'text'; text: string } | { kind: 'media' } | { kind: 'unreadable' };

/** They tell a text from media, and no more of media is decoded. */
const HEAD_BYTES = 513;
/** Four characters for three bytes. */
const HEAD = (HEAD_BYTES / 3) * 4;

/**
 * @param base64 in either alphabet, with padding, line breaks or without
 * @param mediaType what is said of it; it may be missing, or anything
 */
export function readFile(base64: string, mediaType: unknown): FileContent {
  const type = typeof mediaType === 'string' ? mediaType : '';
  const isCalledText = isTextual(type);
  const head = headOf(base64);
  const noText: FileContent = { kind: isCalledText || isTextLike(head) ? 'unreadable' : 'media' };
  if (isCalledText && base64.trim() === '') return { kind: 'text', text: '' };
  if (!mayBeText(head, base64) || (isPdf(head) && !isCalledText)) return noText;
  if (!isBase64(base64)) return { kind: 'unreadable' };
  const encoding = encodingOf(head);
  const bytes = Buffer.from(base64, 'base64').subarray(encoding.mark.length);
  const text = encoding.decode(bytes);
  if (text === undefined) return noText;
  return encoding.isCalled(charsetOf(type)) ? { kind: 'text', text } : { kind: 'unreadable' };
}

/**
 * A file as it is, whose type says nothing.
 *
 * @returns with a text, how to write another one in its encoding
 */
export function readFileBytes(
  file: Uint8Array,
): { kind: 'text'; text: string; encode(text: string): Uint8Array } | { kind: 'media' | 'unreadable' } {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const head = bytes.subarray(0, HEAD_BYTES);
  const { mark, decode, encode } = encodingOf(head);
  const text = isPdf(head) ? undefined : decode(bytes.subarray(mark.length));
  if (text === undefined) return { kind: isTextLike(head) ? 'unreadable' : 'media' };
  return { kind: 'text', text, encode: (changed) => Buffer.concat([mark, encode(changed)]) };
}

/** @returns the text in base64 as the old file was: its encoding, byte-order mark, alphabet, padding and line breaks */
export function encodeLike(old: string, text: string): string {
  const { mark, encode } = encodingOf(headOf(old));
  const data = old.trim();
  const isPadded = data.endsWith('=');
  const isCut = !isPadded && countData(data) % 4 !== 0;
  // Whoever leaves out the padding mostly writes the alphabet of URLs.
  const isForUrls = /[-_]/.test(data) || (isCut && !/[+/]/.test(data));
  let base64 = Buffer.concat([mark, encode(text)]).toString(isForUrls ? 'base64url' : 'base64');
  if (isCut) base64 = base64.replaceAll('=', '');
  else if (isForUrls) base64 += '='.repeat((4 - (base64.length % 4)) % 4);
  const before = old.length - old.trimStart().length;
  return old.slice(0, before) + inLines(base64, data) + old.slice(before + data.length);
}

interface TextEncoding {
  /** The byte-order mark that tells it. */
  mark: Buffer;
  /** @returns undefined for what is no text in it */
  decode(bytes: Buffer): string | undefined;
  encode(text: string): Buffer;
  isCalled(charset: string | undefined): boolean;
}

const utf8 = (mark: Buffer): TextEncoding => ({
  mark,
  // A text in UTF-16 can be valid UTF-8, with a NUL beside each letter.
  decode: (bytes) => (isUtf8(bytes) && !bytes.includes(0) ? bytes.toString('utf8') : undefined),
  encode: (text) => Buffer.from(text, 'utf8'),
  isCalled: (charset) => charset === undefined || /^(utf-?8|us-ascii)$/i.test(charset),
});

/** @param order puts the bytes of each unit into Node's order, and back */
const utf16 = (mark: Buffer, name: RegExp, order: (bytes: Buffer) => Buffer): TextEncoding => ({
  mark,
  decode: (bytes) => {
    if (bytes.length % 2 !== 0) return undefined;
    const text = order(bytes).toString('utf16le');
    return text.isWellFormed() && !text.includes('\0') ? text : undefined;
  },
  encode: (text) => order(Buffer.from(text, 'utf16le')),
  isCalled: (charset) => charset === undefined || name.test(charset),
});

const PLAIN = utf8(Buffer.alloc(0));

const MARKED: readonly TextEncoding[] = [
  utf8(Buffer.of(0xef, 0xbb, 0xbf)),
  utf16(Buffer.of(0xff, 0xfe), /^utf-?16(le)?$/i, (bytes) => bytes),
  utf16(Buffer.of(0xfe, 0xff), /^utf-?16(be)?$/i, (bytes) => Buffer.from(bytes).swap16()),
];

function encodingOf(head: Buffer): TextEncoding {
  return MARKED.find(({ mark }) => head.subarray(0, mark.length).equals(mark)) ?? PLAIN;
}

/** Some readers of URLs undo percent-encoding before they decode. */
function headOf(base64: string): Buffer {
  const head = base64.trimStart().slice(0, HEAD);
  return Buffer.from(head.includes('%') ? percentDecoded(head) : head, 'base64');
}

function percentDecoded(text: string): string {
  return text.replace(/%[\da-f]{2}/gi, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)));
}

/** Whether the whole may be a text whose beginning this is: its last character may be cut. */
function mayBeText(head: Buffer, base64: string): boolean {
  // What has nothing but skipped characters in front could hold anything behind.
  if (head.length === 0) return base64.length > HEAD;
  const { mark, decode } = encodingOf(head);
  const text = head.subarray(mark.length);
  return [0, 1, 2, 3].some((cut) => decode(text.subarray(0, Math.max(0, text.length - cut))) !== undefined);
}

function isPdf(head: Buffer): boolean {
  return head.subarray(0, 5).equals(PDF);
}

const PDF = Buffer.from('%PDF-');

/** RFC 2231 writes a value in pieces as well: `charset*0=utf-; charset*1=8`. */
function charsetOf(mediaType: string): string | undefined {
  const [, charset] = /charset[\d*\s]*=\s*"?([^\s";,]*)/i.exec(mediaType) ?? [];
  return charset;
}

function countData(base64: string): number {
  return base64.length - (base64.match(/\s/g)?.length ?? 0);
}

/** As wide as the first line of the old. Breaks of another kind could make it much longer. */
function inLines(base64: string, old: string): string {
  const width = old.search(/\s/);
  const lineBreak = ['\r\n', '\n'].find((one) => width !== -1 && old.startsWith(one, width));
  if (lineBreak === undefined) return base64;
  const lines: string[] = [];
  for (let at = 0; at < base64.length; at += width) lines.push(base64.slice(at, at + width));
  return lines.join(lineBreak);
}

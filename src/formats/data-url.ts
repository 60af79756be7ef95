/**
 * `data:` URLs, and the base64 in them and elsewhere.
 *
 * Strict on purpose: decoders differ in what they pass over, so what they could read differently is not read at all.
 *
 * @see https://www.rfc-editor.org/rfc/rfc2397
 */

export type DataUrl =
  | { kind: 'base64'; prefix: string; mediaType: string }
  /** What the URL says once its percent-encoding is undone. */
  | { kind: 'text'; decoded: string }
  | { kind: 'unreadable' };

/** @returns undefined for anything that nobody takes for a `data:` URL */
export function readDataUrl(url: string): DataUrl | undefined {
  if (!DATA_URL.test(url)) return undefined;
  const [prefix, mediaType = ''] = BASE64_URL.exec(url) ?? [];
  // RFC 2397: without a type, only with parameters, it is a text.
  const fullType = /^\s*(;|$)/.test(mediaType) ? `text/plain${mediaType}` : mediaType;
  if (prefix !== undefined) return { kind: 'base64', prefix, mediaType: fullType };
  if (HAS_BASE64.test(url)) return { kind: 'unreadable' };
  return { kind: 'text', decoded: url.replace(/(?:%[\da-f]{2})+/gi, percentDecoded) };
}

/** Browsers' parsers pass over blanks and control characters before it, and over line breaks within. */
const DATA_URL = /^[\p{Cc}\s]*d[\t\n\r]*a[\t\n\r]*t[\t\n\r]*a[\t\n\r]*:/iu;

/** No words in the type; and bounded: a long string that only begins like one takes no time. */
const BASE64_URL = /^data:((?:[\w.+/=:*'"-]|;[\t ]*){0,1024}?);[\t ]*base64[\t ]*,/i;

const HAS_BASE64 = /^[^,]*;\s*base64\s*,/i;

function percentDecoded(run: string): string {
  return Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8');
}

/**
 * In a place where a model reads words: words in a URL's type or behind its data would be passed over.
 *
 * @returns undefined for a string that is anything beside a URL
 */
export function readNothingButUrl(text: string): DataUrl | undefined {
  const url = readDataUrl(text);
  return url?.kind === 'text' || (url && WHOLE_DATA_URL.test(text)) ? url : undefined;
}

const WHOLE_DATA_URL =
  /^data:(?:[\w.+-]{1,40}\/[\w.+-]{1,80})?(?:;[\w.+-]{1,40}=[\w.+-]{1,40}){0,3};base64,[\w+/-]*={0,2}\s*$/i;

/** Media types whose bytes are text. */
export function isTextual(mediaType: string): boolean {
  const type = mediaType.trim();
  return TEXTUAL.some((pattern) => pattern.test(type));
}

const TEXTUAL = [
  /^text\//i,
  /^[\w.-]+\/[\w.-]+\+(json|xml|yaml)\b/i,
  // Notations of data, and languages of programs, which are named with an x or without.
  /^application\/(x-)?(json|jsonl|ndjson|jsonlines|xml|yaml|toml|csv|sql|graphql|rtf|tex|latex)\b/i,
  /^application\/(x-)?((java|ecma|type)script|python(-code)?|ruby|perl|php|sh|shellscript|dart)\b/i,
];

/** In one alphabet, with nothing behind its end. */
export function isBase64(text: string): boolean {
  const padded = text.trimEnd();
  const padding = padded.endsWith('==') ? 2 : padded.endsWith('=') ? 1 : 0;
  const data = padded.slice(0, padded.length - padding);
  return !/[^A-Za-z\d+/\s]/.test(data) || !/[^\w\s-]/.test(data);
}

/** Some servers take base64 where a URL is due; ids and names in its alphabet are shorter. */
export function isBareBase64(text: string): boolean {
  return text.length >= LEAST_BASE64 && !text.slice(0, LEAST_BASE64).includes(':') && isBase64(text);
}

const LEAST_BASE64 = 16;

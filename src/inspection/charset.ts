/** The charset that a content type names. JSON and events are UTF-8, but a reader that honours another one reads something else. */

export function isUtf8(contentType: string | undefined): boolean {
  return isOneOf(contentType, UTF8);
}

/**
 * Of an answer: servers call texts of ASCII what they like, and readers of Latin charsets read the same of it. Anything else
 * in it they read otherwise, which hides nothing.
 */
export function isUtf8Answer(contentType: string | undefined): boolean {
  return isOneOf(contentType, LATIN);
}

const UTF8: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii']);
const LATIN: ReadonlySet<string> = new Set([
  ...UTF8,
  ...['ascii', 'iso-8859-1', 'iso-8859-15', 'latin1', 'windows-1252'],
]);

function isOneOf(contentType: string | undefined, known: ReadonlySet<string>): boolean {
  // RFC 2231 writes a parameter's value in a language, or in pieces: nobody needs that to say UTF-8.
  if (contentType && /charset\s*\*/i.test(contentType)) return false;
  const charsets = contentType?.toLowerCase().matchAll(/charset\s*=\s*"?([^\s";,]*)/g) ?? [];
  return [...charsets].every(([, charset]) => known.has(charset ?? ''));
}

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

// The labels of the Encoding Standard, https://encoding.spec.whatwg.org/#names-and-labels.
const UTF8: ReadonlySet<string> = new Set([
  ...['utf-8', 'utf8', 'unicode-1-1-utf-8', 'unicode11utf8', 'unicode20utf8', 'x-unicode20utf8'],
  'us-ascii',
]);
const LATIN: ReadonlySet<string> = new Set([
  ...UTF8,
  ...['ascii', 'ansi_x3.4-1968', 'windows-1252', 'cp1252', 'x-cp1252', 'cp819', 'ibm819'],
  ...['iso-8859-1', 'iso8859-1', 'iso88591', 'iso_8859-1', 'iso_8859-1:1987', 'iso-ir-100'],
  ...['latin1', 'l1', 'csisolatin1'],
  ...['iso-8859-15', 'iso8859-15', 'iso885915', 'iso_8859-15', 'l9', 'csisolatin9'],
]);

function isOneOf(contentType: string | undefined, known: ReadonlySet<string>): boolean {
  if (!contentType || !/charset/i.test(contentType)) return true;
  // RFC 2231 writes a parameter's value in a language, or in pieces: nobody needs that to say UTF-8.
  if (/charset\s*\*/i.test(contentType)) return false;
  const charsets = contentType.toLowerCase().matchAll(/charset\s*=([^;,]*)/g);
  return [...charsets].every(([, value = '']) => {
    const charset = unquoted(value.trim());
    return charset === '' || known.has(charset);
  });
}

/** Readers differ in what they make of single quotes, and of anything around quotes: that names no charset that is known. */
function unquoted(value: string): string {
  const [quote] = value;
  const isQuoted = (quote === '"' || quote === "'") && value.length > 1 && value.endsWith(quote);
  return isQuoted ? value.slice(1, -1) : value;
}

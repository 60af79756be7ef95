/** What is planted in bodies: a secret that has to be seen wherever it stands. */

/** Words, because what has no blanks can be a name; nothing that any escape of JSON changes. */
export const MARKER = 'the hidden zebra 4711';
export const HIDDEN = '<HIDDEN>';

/** @returns whether a reader of the string finds the marker in it, in clear or in base64 */
export function holdsMarker(text: string): boolean {
  if (text.includes(MARKER)) return true;
  const [, base64 = ''] = /^(?:data:[^,]*;base64,)?([\w+/]{24,}={0,2})$/.exec(text.trimEnd()) ?? [];
  return base64 !== '' && Buffer.from(base64, 'base64').toString('latin1').includes(MARKER);
}

/** The same value, with every marker in it replaced. */
export function hideMarkers(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll(MARKER, HIDDEN);
  if (Array.isArray(value)) return value.map(hideMarkers);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, hideMarkers(item)]);
  return Object.fromEntries(entries);
}

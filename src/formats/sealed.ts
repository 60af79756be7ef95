/** Bytes of media, and what is signed or encrypted for a machine, as base64: no language, and longer than any name. */
const BASE64 = /^[A-Za-z0-9+/_-]{64,}={0,2}$/;

/** What is looked at of it: a megabyte is not drawn otherwise than its beginning. */
const HEAD = 256;

/** In bytes drawn at random each is twice to six times as frequent. */
const LEAST = { capitals: 1 / 8, small: 1 / 8, digits: 1 / 32 };

/** A sentence whose words are joined by signs is none: it lacks digits, or one of the cases. */
export function isSealed(value: string): boolean {
  if (!BASE64.test(value)) return false;
  const head = value.slice(0, HEAD);
  return (
    countOf(head, /[A-Z]/g) >= head.length * LEAST.capitals &&
    countOf(head, /[a-z]/g) >= head.length * LEAST.small &&
    countOf(head, /[0-9]/g) >= head.length * LEAST.digits
  );
}

/** The same behind the head of a `data:` URL. */
export function isSealedUrl(value: string): boolean {
  const comma = value.startsWith('data:') ? value.slice(0, HEAD).indexOf(';base64,') : -1;
  return comma !== -1 && isSealed(value.slice(comma + ';base64,'.length));
}

function countOf(text: string, characters: RegExp): number {
  return text.match(characters)?.length ?? 0;
}

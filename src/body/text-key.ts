/** Keys for texts that a Map or a Set is to tell apart. */
import { hash } from 'node:crypto';

/** UTF-16 code units. V8 looks at no more of a string for its hash: longer ones of one length are compared with each other. */
const MAX_HASHED = 16_000;

/** @returns the text itself, or what stands for it where there may be many so long that they would be compared */
export function textKey(text: string): string {
  return text.length <= MAX_HASHED ? text : `${text.length} ${digest(text)}`;
}

/** @returns a hash that no other text has: UTF-8 has one replacement for all halves of surrogate pairs, so it is not used then */
export function digest(text: string): string {
  return hash('sha256', text.isWellFormed() ? text : Buffer.from(text, 'utf16le'), 'base64');
}

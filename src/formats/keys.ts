/**
 * Keys of objects are names, which say nothing. But where an object's shape is free, such as what a tool returns or is
 * asked to do, whoever writes it can write anything there, and a model reads keys as it reads values. So a key that is
 * no name is a text. None can be changed: the value under it would be lost.
 */

/** Identifiers as long as a tool's name may be, and small numbers, as the ids of tokens and of items are. */
const NAME = /^(?:[A-Za-z_$@][\w$.-]{0,63}|\d{1,8})?$/;

export function isName(key: string): boolean {
  return NAME.test(key);
}

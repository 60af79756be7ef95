/** What the protocols' own values look like that are no text, in all protocols alike. */
import { either, matching, name, type Shape, sealed, uuid } from '../formats/shape.ts';

/** A number is none that somebody has, and a string counts something: `7`, `req-12`. Whatever else an id says is text. */
export const id: Shape = either(uuid, matching(/^(?:[A-Za-z]{1,12}[-_:])?\d{1,6}$/), name);

export const cursor: Shape = either(uuid, matching(/^\d{1,6}$/), sealed, name);

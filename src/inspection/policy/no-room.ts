/** Decisions about bodies for which this process has no room. They are refused. */
import type { Direction } from '../../config/schema.ts';
import { failClosed } from './enforcement.ts';

/** There is no room left, and no other caller uses more. */
export function noRoom(direction: Direction) {
  return failClosed(direction, {
    class: 'overloaded',
    detail: 'no memory for bodies is left for this caller',
  });
}

/** There was, until a caller came that uses less. */
export function roomLost(direction: Direction) {
  return failClosed(direction, {
    class: 'overloaded',
    detail: "a caller with less needed this body's memory",
  });
}

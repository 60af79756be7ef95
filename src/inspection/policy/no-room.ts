/** Decisions about bodies that this process has no room for: never a reason to let something pass. */
import type { Direction } from '../../config/schema.ts';
import { failClosed } from './enforcement.ts';

/** There is none left, and others use no more than the caller. */
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

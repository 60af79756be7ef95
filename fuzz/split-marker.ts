/** The marker where no single string holds it: its halves at the end of one delta and at the beginning of the next. */

import { MARKER } from './marker.ts';
import { leavesOf } from './string-leaves.ts';

const HALF = 12;
const HALVES = [MARKER.slice(0, HALF), MARKER.slice(HALF)] as const;

/** Of the samples' streams: what the reader sees as one text, told in two deltas. */
const TOLD: readonly (readonly [string, string])[] = [
  ['It is ', 'sunny.'],
  ['The user ', 'wants it.'],
  ['there was ', 'a king'],
  [' I am ', 'well.'],
  ['Or is ', 'it not?'],
];

/** @param turn which of the stream's texts, counted round and round; the same stream where there is none */
export function splitMarkerIn(events: unknown, turn: number): unknown {
  const texts = new Set(leavesOf(events).map(({ text }) => text));
  const told = TOLD.filter((pair) => pair.every((text) => texts.has(text)));
  const [first, second] = told[turn % Math.max(1, told.length)] ?? [];
  if (first === undefined || second === undefined) return events;
  const halves = new Map([
    [first, first + HALVES[0]],
    [second, HALVES[1] + second],
  ]);
  const visit = (value: unknown): unknown => {
    if (typeof value === 'string') return halves.get(value) ?? value;
    if (Array.isArray(value)) return value.map(visit);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, visit(item)]));
  };
  return visit(events);
}

/** @returns whether hiding the marker changes the string */
export function holdsHalf(text: string): boolean {
  return HALVES.some((half) => text.includes(half));
}

/** What tells one framing from another, and the document that all of them make of a whole body. */
import type { ValueBudget } from '../json/check.ts';
import type { Edit } from '../json/edit.ts';
import {
  editsByEvent,
  MAX_EVENTS,
  type ParsedStream,
  type StreamEvent,
  type StreamProblem,
  streamBudget,
} from './document.ts';
import { type FrameEnds, FrameSplitter } from './frame-splitter.ts';

/** Where in the stream a frame stands. */
export interface FramePosition {
  isFirst: boolean;
  /** The stream ends before the frame does, perhaps before it begins. */
  breaksOff: boolean;
}

export interface Framing {
  frameEnds(): FrameEnds;
  /** @returns undefined for a frame that is no event */
  readFrame(
    frame: Uint8Array,
    position: FramePosition,
    budget: ValueBudget,
  ): StreamEvent | StreamProblem | undefined;
  /** @param edits with paths that begin in the frame's event */
  editFrame(frame: Uint8Array, position: FramePosition, edits: readonly Edit[]): Uint8Array;
}

interface Placed {
  frame: Uint8Array;
  position: FramePosition;
  /** Where the frame begins in the body. */
  start: number;
}

export function parseFrames(body: Uint8Array, framing: Framing): ParsedStream {
  const events: StreamEvent[] = [];
  const places: Placed[] = [];
  const budget = streamBudget();
  let start = 0;
  let frames = 0;
  const read = (end: number, breaksOff: boolean): StreamProblem | undefined => {
    if (++frames > MAX_EVENTS) return 'too_complex';
    const place = { frame: body.subarray(start, end), position: { isFirst: start === 0, breaksOff }, start };
    start = end;
    const event = framing.readFrame(place.frame, place.position, budget);
    if (typeof event !== 'object') return event;
    events.push(event);
    places.push(place);
    return undefined;
  };
  const splitter = new FrameSplitter(framing.frameEnds());
  for (const frame of splitter.split(body)) {
    const problem = read(start + frame.length, false);
    if (problem) return { ok: false, problem };
  }
  // That nothing is left can be a problem too: a list has to be closed.
  const problem = splitter.problem ?? read(body.length, !splitter.end().isWhole);
  if (problem) return { ok: false, problem };
  return {
    ok: true,
    document: {
      events,
      value: events.map(({ value }) => value),
      apply: (edits) => {
        const parts: Uint8Array[] = [];
        let copied = 0;
        for (const [event, own] of [...editsByEvent(edits)].sort(([a], [b]) => a - b)) {
          const place = places[event];
          if (!place) throw new Error('an edit leads to no event');
          const { frame, position, start: from } = place;
          parts.push(body.subarray(copied, from), framing.editFrame(frame, position, own));
          copied = from + frame.length;
        }
        return Buffer.concat([...parts, body.subarray(copied)]);
      },
    },
  };
}

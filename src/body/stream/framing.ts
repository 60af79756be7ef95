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

/** Where the frame of an event stands in the body. */
interface ByteRange {
  start: number;
  end: number;
  position: FramePosition;
}

const INSIDE: FramePosition = { isFirst: false, breaksOff: false };

export function parseFrames(bytes: Uint8Array, framing: Framing): ParsedStream {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const events: StreamEvent[] = [];
  const places: ByteRange[] = [];
  const budget = streamBudget();
  let start = 0;
  let frames = 0;
  const read = (frame: Uint8Array, breaksOff: boolean): StreamProblem | undefined => {
    if (++frames > MAX_EVENTS) return 'too_complex';
    const position = start === 0 || breaksOff ? { isFirst: start === 0, breaksOff } : INSIDE;
    const event = framing.readFrame(frame, position, budget);
    if (typeof event === 'string') return event;
    const end = start + frame.length;
    if (event) {
      events.push(event);
      places.push({ start, end, position });
    }
    start = end;
    return undefined;
  };
  const splitter = new FrameSplitter(framing.frameEnds());
  for (const frame of splitter.split(body)) {
    const problem = read(frame, false);
    if (problem) return { ok: false, problem };
  }
  // That nothing is left can be a problem too: a list has to be closed.
  const problem = splitter.problem ?? read(body.subarray(start), !splitter.end().isWhole);
  if (problem) return { ok: false, problem };
  return {
    ok: true,
    document: {
      events,
      left: budget,
      value: events.map(({ value }) => value),
      apply: (edits) => {
        const parts: Uint8Array[] = [];
        let copied = 0;
        for (const [event, own] of [...editsByEvent(edits)].sort(([a], [b]) => a - b)) {
          const place = places[event];
          if (!place) throw new Error('an edit leads to no event');
          const frame = body.subarray(place.start, place.end);
          if (copied < place.start) parts.push(body.subarray(copied, place.start));
          if (!isRemoved(own)) parts.push(framing.editFrame(frame, place.position, own));
          copied = place.end;
        }
        return Buffer.concat([...parts, body.subarray(copied)]);
      },
    },
  };
}

/** The event goes, not a part of it; not in a framing that separates its frames. */
function isRemoved(edits: readonly Edit[]): boolean {
  return edits.some((edit) => 'removed' in edit && edit.path.length === 0);
}

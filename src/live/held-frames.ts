/** The frames of one stream: all events read so far, and the bytes of the frames that were not sent yet. */
import type { ValueBudget } from '../body/json/check.ts';
import type { Edit } from '../body/json/edit.ts';
import {
  editsByEvent,
  MAX_EVENTS,
  type StreamEvent,
  type StreamProblem,
  streamBudget,
} from '../body/stream/document.ts';
import { FrameSplitter } from '../body/stream/frame-splitter.ts';
import type { FramePosition, Framing } from '../body/stream/framing.ts';

interface HeldFrame {
  bytes: Uint8Array;
  position: FramePosition;
  /** Undefined for a frame that is no event. */
  event: number | undefined;
}

export class HeldFrames {
  readonly events: StreamEvent[] = [];
  /** The events' values, as one document. */
  readonly values: unknown[] = [];
  /** Why the rest of the stream cannot be read. */
  problem: StreamProblem | undefined;
  readonly #framing: Framing;
  readonly #splitter: FrameSplitter;
  readonly #budget: ValueBudget = streamBudget();
  #held: HeldFrame[] = [];
  #taken = 0;

  constructor(framing: Framing) {
    this.#framing = framing;
    this.#splitter = new FrameSplitter(framing.frameEnds());
  }

  /** Frames so far, including those that were sent. */
  get count(): number {
    return this.#taken + this.#held.length;
  }

  /** @returns the events that ended in this chunk, with the bytes of their frames */
  push(chunk: Uint8Array): { event: StreamEvent; bytes: number }[] {
    const arrived: { event: StreamEvent; bytes: number }[] = [];
    for (const frame of this.#splitter.split(chunk)) {
      const event = this.#read(frame, false);
      if (event) arrived.push({ event, bytes: frame.length });
    }
    this.problem ??= this.#splitter.problem;
    return arrived;
  }

  /** The stream has ended: the rest is the last frame. */
  end(): void {
    if (this.problem) return;
    const { bytes, isWhole } = this.#splitter.end();
    this.#read(bytes, !isWhole);
  }

  /** @param edits of the frames to send; @param count frames at most; @param event the first one that is kept */
  take(edits: readonly Edit[], count: number, event: number): Uint8Array[] {
    const byEvent = editsByEvent(edits);
    const stays = this.#held.findIndex((frame, index) => {
      return this.#taken + index >= count || (frame.event ?? -1) >= event;
    });
    const leaving = stays === -1 ? this.#held : this.#held.slice(0, stays);
    this.#held = stays === -1 ? [] : this.#held.slice(stays);
    this.#taken += leaving.length;
    return leaving.map(({ bytes, position, event: number }) => {
      const own = number === undefined ? undefined : byEvent.get(number);
      return own ? this.#framing.editFrame(bytes, position, own) : bytes;
    });
  }

  /** The bytes of a frame that has not ended. */
  rest(): Uint8Array {
    return this.#splitter.end().bytes;
  }

  #read(bytes: Uint8Array, breaksOff: boolean): StreamEvent | undefined {
    if (this.problem) return undefined;
    if (this.count >= MAX_EVENTS) this.problem = 'too_complex';
    const position = { isFirst: this.count === 0, breaksOff };
    const event = this.#framing.readFrame(bytes, position, this.#budget);
    if (typeof event === 'string') this.problem ??= event;
    if (this.problem) return undefined;
    const isEvent = typeof event === 'object';
    this.#held.push({ bytes, position, event: isEvent ? this.events.length : undefined });
    if (!isEvent) return undefined;
    this.events.push(event);
    this.values.push(event.value);
    return event;
  }
}

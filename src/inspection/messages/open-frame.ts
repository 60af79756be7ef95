/** One frame of an event stream as a document: edits of its JSON become a changed frame. */
import { MAX_ANSWER_VALUES } from '../../body/json/check.ts';
import { type ParsedJson, rememberSize } from '../../body/json/document.ts';
import type { StreamProblem } from '../../body/stream/document.ts';
import { SSE } from '../../body/stream/sse.ts';
import { decodeFrame } from '../../body/stream/text.ts';
import { textDocument } from '../../body/text-document.ts';

export type OpenedFrame = ParsedJson | { ok: false; problem: StreamProblem } | undefined;

/**
 * @param frame with whatever stands between it and the one before
 * @returns undefined for a frame that says nothing
 */
export function openFrame(
  frame: Uint8Array,
  position: { isFirst: boolean; breaksOff: boolean },
): OpenedFrame {
  const budget = { left: MAX_ANSWER_VALUES };
  const event = SSE.readFrame(frame, position, budget);
  if (event === undefined) return undefined;
  if (typeof event === 'string') return endpointFrame(frame) ?? { ok: false, problem: event };
  const { value, beside, size } = event;
  if (value === undefined && beside === undefined) return undefined;
  rememberSize({ value, size });
  const document = {
    value,
    left: budget,
    apply: (edits: Parameters<typeof SSE.editFrame>[2]) => SSE.editFrame(frame, position, edits),
    ...(beside === undefined ? {} : { beside }),
  };
  return { ok: true, document };
}

/** HTTP+SSE, the transport of 2024-11-05, begins with the address to post to, which is no JSON: all of the frame is text. */
function endpointFrame(frame: Uint8Array): ParsedJson | undefined {
  const text = decodeFrame(frame)?.text;
  if (text === undefined || !isEndpoint(text)) return undefined;
  return { ok: true, document: textDocument(text, (changed) => Buffer.from(changed, 'utf8')) };
}

/** @param frame as text */
export function isEndpoint(frame: string): boolean {
  return /^event: ?endpoint\r?$/m.test(frame);
}

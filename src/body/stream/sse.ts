/**
 * Server-sent events, read as browsers read them.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
import { editJson } from '../json/edit.ts';
import {
  editsByEvent,
  MAX_EVENTS,
  type ParsedStream,
  parseEvent,
  type StreamEvent,
  streamBudget,
} from './document.ts';
import { decodeStream, encodeSpliced, type Splice } from './text.ts';

/** The content of one `data` line. */
interface DataLine {
  start: number;
  end: number;
  /** The line is the field's name alone: content needs a colon first. */
  isBare: boolean;
}

/** One event as it stands in the text; what has no data is no event. */
interface Frame {
  name?: string;
  lines: DataLine[];
  /** The blank line that ends it is missing. */
  breaksOff: boolean;
}

/** An event whose data is `[DONE]` or empty has no JSON; any other that is not JSON is a problem. */
export function parseSse(bytes: Uint8Array): ParsedStream {
  const decoded = decodeStream(bytes);
  if (!decoded) return { ok: false, problem: 'invalid_utf8' };
  const { text } = decoded;
  const frames = readFrames(text);
  if (!frames) return { ok: false, problem: 'too_complex' };
  const events: StreamEvent[] = [];
  const budget = streamBudget();
  for (const { name, lines, breaksOff } of frames) {
    const data = joinLines(text, lines);
    const parsed = hasNoJson(data)
      ? { ok: true as const, value: undefined }
      : parseEvent(data, breaksOff, budget);
    if (!parsed.ok) return parsed;
    events.push({ ...(name !== undefined && { name }), value: parsed.value });
  }
  return {
    ok: true,
    document: {
      events,
      value: events.map(({ value }) => value),
      apply: (edits) => {
        const splices = [...editsByEvent(edits)].flatMap(([event, own]) => {
          const lines = frames[event]?.lines ?? [];
          return spreadOverLines(editJson(joinLines(text, lines), own), lines);
        });
        return encodeSpliced(decoded, splices);
      },
    },
  };
}

function hasNoJson(data: string): boolean {
  const trimmed = data.trim();
  return trimmed === '' || trimmed === '[DONE]';
}

/** @returns undefined where there are too many */
function readFrames(text: string): Frame[] | undefined {
  const frames: Frame[] = [];
  let dataLines = 0;
  let frame: Frame = { lines: [], breaksOff: false };
  const dispatch = (breaksOff: boolean) => {
    if (frame.lines.length > 0) frames.push({ ...frame, breaksOff });
    frame = { lines: [], breaksOff: false };
  };
  const lineEnd = /\r\n|\r|\n/g;
  let start = text.startsWith('\ufeff') ? 1 : 0;
  while (start < text.length) {
    const found = lineEnd.exec(text);
    const end = found?.index ?? text.length;
    if (end === start) dispatch(false);
    else if (readField(text, start, end, frame) === 'data' && ++dataLines > MAX_EVENTS) return undefined;
    start = found ? lineEnd.lastIndex : text.length;
  }
  dispatch(true);
  return frames;
}

/** Comments and fields other than `data` and `event` stay where they are and mean nothing here. */
function readField(text: string, start: number, end: number, frame: Frame): 'data' | undefined {
  const name = (['data', 'event'] as const).find((field) => text.startsWith(field, start));
  if (name === undefined) return undefined;
  const colon = start + name.length;
  const isBare = colon === end;
  if (!isBare && text[colon] !== ':') return undefined;
  const content = isBare ? end : colon + (text[colon + 1] === ' ' ? 2 : 1);
  if (name === 'event') {
    frame.name = text.slice(content, end);
    return undefined;
  }
  frame.lines.push({ start: content, end, isBare });
  return name;
}

function joinLines(text: string, lines: readonly DataLine[]): string {
  return lines.map(({ start, end }) => text.slice(start, end)).join('\n');
}

/** JSON may break lines wherever it may have a space, so it can have as many lines as there are. */
function spreadOverLines(json: string, lines: readonly DataLine[]): Splice[] {
  const parts = json.split(/\r\n|\r|\n/);
  return lines.map(({ start, end, isBare }, index) => {
    const isLast = index === lines.length - 1;
    const content = isLast ? parts.slice(index).join(' ') : (parts[index] ?? '');
    return { start, end, by: isBare && content !== '' ? `:${content}` : content };
  });
}

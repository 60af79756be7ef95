/** A stream's events as the bytes of its framing, encoded without the code under test. */
import { constantFrom, record } from 'fast-check';
import type { StreamSample } from '../testkit/samples/index.ts';
import { encodeChunk, encodeFrame } from '../testkit/streams/encode-frames.ts';
import { anySpelling, type Spelling, spell } from './json-spellings.ts';
import { MARKER } from './marker.ts';

/** Liberties that a framing leaves. */
export interface Style {
  lineEnd: '\n' | '\r\n' | '\r';
  /** Stands between two events, where there is room for something. */
  beside: string;
  spelling: Spelling;
  isDone: boolean;
}

export const anyStyle = record<Style>({
  lineEnd: constantFrom<Style['lineEnd'][]>('\n', '\r\n', '\r'),
  beside: constantFrom('', '', ': ping', `: ${MARKER}`, `note: ${MARKER}`, 'id: 7', 'retry: 10', ':'),
  spelling: anySpelling,
  isDone: constantFrom(true, false),
});

export const CONTENT_TYPES: Record<StreamSample['framing'], string> = {
  sse: 'text/event-stream',
  ndjson: 'application/x-ndjson',
  list: 'application/json',
  aws: 'application/vnd.amazon.eventstream',
};

/** @param values of the events, with the names that the sample's have */
export function encodeStream(
  { framing, isWrapped, events }: StreamSample,
  values: readonly unknown[],
  style: Style,
): Buffer {
  const named = values.map((value, index) => ({ value, name: events[index % events.length]?.name }));
  switch (framing) {
    case 'sse':
      return Buffer.from(
        named.map((event) => sseEvent(event, style)).join('') + (style.isDone ? sseDone(style) : ''),
      );
    case 'ndjson':
      return Buffer.from(values.map((value) => `${oneLine(value, style)}\n`).join(''));
    case 'list':
      return Buffer.from(
        `[${values.map((value) => spell(value, style.spelling)).join(`${style.lineEnd},`)}]`,
      );
    case 'aws':
      return Buffer.concat(
        named.map(({ value, name = '' }) => {
          const json = oneLine(value, style);
          if (isWrapped) return encodeChunk(json);
          const headers = {
            ':message-type': 'event',
            ':event-type': name,
            ':content-type': 'application/json',
          };
          return encodeFrame({ headers, payload: json });
        }),
      );
  }
}

interface NamedEvent {
  value: unknown;
  name: string | undefined;
}

/** JSON may break lines, and then has one of `data` for each. */
function sseEvent({ value, name }: NamedEvent, { lineEnd, beside, spelling }: Style): string {
  const data = spell(value, spelling).split(/\r\n|\n/);
  const lines = [
    ...(beside === '' ? [] : [beside]),
    ...(name === undefined ? [] : [`event: ${name}`]),
    ...data.map((line) => `data: ${line}`),
    '',
    '',
  ];
  return lines.join(lineEnd);
}

function sseDone({ lineEnd }: Style): string {
  return `data: [DONE]${lineEnd}${lineEnd}`;
}

function oneLine(value: unknown, { spelling }: Style): string {
  return spell(value, spelling).replaceAll(/[\r\n\t]+/g, ' ');
}

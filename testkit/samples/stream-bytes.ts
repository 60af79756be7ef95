/** A streamed sample as a server writes it, without any liberty; encoded without the code under test. */
import { encodeChunk, encodeFrame } from '../streams/encode-frames.ts';
import type { StreamSample } from './sample.ts';

export const STREAM_TYPES: Record<StreamSample['framing'], string> = {
  sse: 'text/event-stream',
  ndjson: 'application/x-ndjson',
  list: 'application/json',
  aws: 'application/vnd.amazon.eventstream',
};

export function streamBytes({ framing, isWrapped, events }: StreamSample): Buffer {
  switch (framing) {
    case 'sse':
      return Buffer.from(events.map(sseEvent).join(''));
    case 'ndjson':
      return Buffer.from(events.map(({ value }) => `${JSON.stringify(value)}\n`).join(''));
    case 'list':
      return Buffer.from(JSON.stringify(events.map(({ value }) => value)));
    case 'aws':
      return Buffer.concat(
        events.map(({ value, name = '' }) => {
          const payload = JSON.stringify(value);
          if (isWrapped) return encodeChunk(payload);
          const headers = {
            ':message-type': 'event',
            ':event-type': name,
            ':content-type': 'application/json',
          };
          return encodeFrame({ headers, payload });
        }),
      );
  }
}

function sseEvent({ value, name }: StreamSample['events'][number]): string {
  return `${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(value)}\n\n`;
}

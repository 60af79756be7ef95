/** One sample, whole or streamed: would words in any of its leaves be seen? */
import { decodeBody } from '../src/body/content-encoding.ts';
import { type JsonDocument, parseJson } from '../src/body/json/document.ts';
import type { StreamDocument, StreamEvent } from '../src/body/stream/document.ts';
import { parseList, parseStream } from '../src/body/stream/index.ts';
import {
  isErrorBody,
  isErrorStatus,
  type Reading,
  readError,
  readRequest,
  readResponse,
  readStreamOrList,
} from '../src/formats/read.ts';
import { routeFormats } from '../src/formats/registry.ts';
import { isObject } from '../src/formats/segment.ts';
import { routeOf, type Sample } from '../testkit/corpus/manifest.ts';
import { plantEverywhere } from '../testkit/formats/plant-everywhere.ts';

export interface PlantedReport {
  kinds: Set<string>;
  unseen: string[];
}

/** @returns undefined for a body that is refused as it is */
export async function checkPlanted(sample: Sample, bytes: Uint8Array): Promise<PlantedReport | undefined> {
  const route = routeOf(sample);
  const formats = route && routeFormats(...route);
  const decoded = await decodeBody(bytes, sample.content_encoding, 100_000_000);
  if (!formats || !decoded.ok) return undefined;
  const isRequest = sample.direction === 'request';
  const parsed = isRequest ? parseJson(decoded.bytes) : parseAnswer(decoded.bytes, sample.content_type);
  if (!parsed.ok) return undefined;
  const { document } = parsed;
  const recorded = eventsOf(document);
  const [path = ''] = sample.api_uri.split('?');
  const answerOf = (value: unknown): Reading => {
    if (!recorded) return readResponse(formats, value, path);
    const now = Array.isArray(value) ? value : [];
    const events = recorded.map((event, index) => ({ ...event, value: now[index] }));
    return readStreamOrList(formats, events, path);
  };
  return plantEverywhere(document.value, (value) => {
    if (isRequest) return isObject(value) ? readRequest(formats, value, path) : REFUSED;
    const isError = isErrorStatus(sample.http_status ?? 200);
    const reading = isError ? REFUSED : answerOf(value);
    if (reading.isRecognised) return reading;
    return { ...REFUSED, extraction: readError(value), isRecognised: isError || isErrorBody(value) };
  });
}

function eventsOf(document: JsonDocument | StreamDocument): readonly StreamEvent[] | undefined {
  return 'events' in document ? document.events : undefined;
}

const REFUSED: Reading = { extraction: readError(undefined), isRecognised: false, formats: [] };

function parseAnswer(bytes: Uint8Array, contentType: string | undefined) {
  return parseStream(bytes, contentType) ?? parseList(bytes) ?? parseJson(bytes, undefined, 'told');
}

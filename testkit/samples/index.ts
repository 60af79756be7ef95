/** The samples of this folder, and those of a corpus of recorded bodies where `WIRE_CORPUS` names one. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject } from '../../src/formats/segment.ts';
import { loadManifest, routeOf } from '../corpus/manifest.ts';
import { ANSWERS } from './answers.ts';
import { REQUESTS } from './requests.ts';
import type { BodySample } from './sample.ts';

export type { BodySample, Route, StreamSample } from './sample.ts';
export { STREAMS } from './streams.ts';

/** One JSON value each; of streams there are events only, from which bytes are made. */
export const bodies: readonly BodySample[] = [
  ...REQUESTS.map((sample) => ({ ...sample, direction: 'request' as const })),
  ...ANSWERS.map((sample) => ({ ...sample, direction: 'response' as const })),
  ...(await readCorpus(process.env.WIRE_CORPUS)),
];

async function readCorpus(folder: string | undefined): Promise<BodySample[]> {
  const found: BodySample[] = [];
  for (const sample of (folder !== undefined && (await loadManifest(folder))) || []) {
    const route = routeOf(sample);
    const isWhole = !sample.streaming && sample.file.endsWith('.json') && (sample.http_status ?? 200) < 300;
    if (!route || !isWhole || folder === undefined) continue;
    const body = jsonIn(await readFile(join(folder, sample.file), 'utf8'));
    const path = sample.api_uri.split('?')[0] ?? '';
    if (isObject(body)) found.push({ name: sample.file, direction: sample.direction, route, path, body });
  }
  return found;
}

/** Some are broken on purpose. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

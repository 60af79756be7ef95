/** From what is shown of a segment's text to the pieces that it was read from. */
import { EmbeddedMap } from '../body/json/embedded-json.ts';
import type { Segment } from './segment.ts';

/** Made once for each segment, and for few: most are never changed. */
const maps = new WeakMap<Segment, EmbeddedMap>();

/** @returns undefined where nothing of the text is JSON */
export function embeddedMap(segment: Segment): EmbeddedMap | undefined {
  const raw = segment.raw ?? segment.text;
  if (segment.raw === undefined && !/[{[]/.test(raw)) return undefined;
  const map = maps.get(segment) ?? new EmbeddedMap(raw);
  maps.set(segment, map);
  return map;
}

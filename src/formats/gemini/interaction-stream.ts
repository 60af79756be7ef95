/**
 * Streams of interactions: what a step says arrives in its `step.start` and then in deltas, and whoever reads the step reads
 * on from one to the next. Every other leaf is text by itself.
 *
 * @see https://ai.google.dev/gemini-api/docs/interactions
 */
import type { Path } from '../../body/json/edit.ts';
import type { StreamEvent } from '../../body/stream/document.ts';
import type { Collector } from '../collector.ts';
import { DeltaTexts } from '../delta-texts.ts';
import { itemsOf } from '../placed.ts';
import { readMedia } from '../resource.ts';
import { isObject, wordOf } from '../segment.ts';

/** @returns false when no event is one of an interaction */
export function readInteractionStream(events: readonly StreamEvent[], out: Collector): boolean {
  if (!events.some(({ value }) => isObject(value) && typeof value.event_type === 'string')) return false;
  const texts = new DeltaTexts();
  for (const [number, { value }] of events.entries()) {
    if (!isObject(value)) continue;
    const { index, step, content, delta } = value;
    const key = wordOf(index);
    if (isObject(step))
      for (const part of itemsOf(step.content, [number, 'step', 'content']))
        readPart(part.value, part.path, key, texts);
    readPart(content, [number, 'content'], key, texts);
    readPart(delta, [number, 'delta'], key, texts);
    readMedia(value, [number], out);
  }
  texts.read(out);
  return true;
}

function readPart(part: unknown, path: Path, key: string, texts: DeltaTexts): void {
  if (!isObject(part)) return;
  const { text, content, arguments: args, result } = part;
  if (typeof text === 'string') texts.add(`${key} text`, 'assistant', 'text', text, [...path, 'text']);
  if (isObject(content) && typeof content.text === 'string')
    texts.add(`${key} thought`, 'assistant', 'reasoning', content.text, [...path, 'content', 'text']);
  if (typeof args === 'string')
    texts.add(`${key} arguments`, 'assistant', 'tool_arguments', args, [...path, 'arguments']);
  if (typeof result === 'string')
    texts.add(`${key} result`, 'tool', 'tool_result', result, [...path, 'result']);
}

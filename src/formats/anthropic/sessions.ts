/**
 * Anthropic's managed agents: agents, environments, sessions and their events, deployments and dreams.
 *
 * | side | text | opaque |
 * |---|---|---|
 * | request | every leaf that is no id, time, count or word of the API's, as the user's | sources of media |
 * | answer | the same, as a tool's | the same |
 * | stream of a session | of `event_delta` the pieces of each text together, as the assistant's; other events leaf by leaf | |
 *
 * @see https://docs.claude.com/en/api/beta/sessions
 */
import type { Path } from '../../body/json/edit.ts';
import type { StreamEvent } from '../../body/stream/document.ts';
import type { Collector } from '../collector.ts';
import { DeltaTexts } from '../delta-texts.ts';
import type { BodyFormat } from '../format.ts';
import { itemsOf } from '../placed.ts';
import { readMedia, resourceFormat } from '../resource.ts';
import { isObject, wordOf } from '../segment.ts';
import { SESSION_SHAPES } from './session-shapes.ts';

const leafByLeaf = resourceFormat({ name: 'anthropic.sessions', shapes: SESSION_SHAPES, readStream });

export const sessions: BodyFormat = {
  ...leafByLeaf,
  readRequest(body, out) {
    readSources(body, [], out);
    return leafByLeaf.readRequest(body, out);
  },
  readResponse(body, out) {
    readSources(body, [], out);
    return leafByLeaf.readResponse(body, out);
  },
};

/** Of pictures and documents: `data` is base64, or the text of one that is plain. */
function readSources(value: unknown, path: Path, out: Collector): void {
  if (!isObject(value)) {
    if (Array.isArray(value))
      for (const item of itemsOf(value, path)) readSources(item.value, item.path, out);
    return;
  }
  if (value.type === 'base64' && typeof value.data === 'string')
    out.base64('tool', 'document', value.data, value.media_type, [...path, 'data']);
  for (const [key, member] of Object.entries(value))
    if (typeof member === 'object') readSources(member, [...path, key], out);
}

const EVENT = /^(?:user|agent|session|span|workflow_run|system)\.[a-z_.]+$|^event_(?:start|delta)$/;

function readStream(events: readonly StreamEvent[], out: Collector): boolean {
  const texts = new DeltaTexts();
  let isKnown = false;
  for (const [number, { value }] of events.entries()) {
    if (!isObject(value)) continue;
    isKnown ||= typeof value.type === 'string' && EVENT.test(value.type);
    const { delta } = value;
    if (isObject(delta) && isObject(delta.content))
      texts.add(
        `${wordOf(value.event_id)} ${wordOf(delta.index ?? 0)}`,
        'assistant',
        'text',
        delta.content.text,
        [...[number, 'delta', 'content', 'text']],
      );
    readSources(value, [number], out);
    readMedia(value, [number], out);
  }
  if (isKnown) texts.read(out);
  return isKnown;
}

/**
 * Streamed answers of Anthropic Messages, also as Vertex and Bedrock carry them.
 *
 * | event | text | kind |
 * |---|---|---|
 * | `message_start` | `message`: an answer that has hardly begun (messages.ts) | |
 * | `content_block_start` | `content_block`: the results of server tools arrive whole (content.ts) | |
 * | `content_block_delta` | `delta.text`, joined with adjacent text blocks | text |
 * | | `delta.thinking`; a `signature` binds its block | reasoning |
 * | | `delta.partial_json`: fragments of the call's input | tool_arguments |
 * | | `delta.content` of a compaction | text |
 * | | `delta.citation` | citation |
 * | `message_delta` | `delta.stop_details` | refusal |
 * | `error`, any other | every string but names and enumerations | text of the tool |
 *
 * Keys count, not the event's name: what one reader ignores another may show.
 *
 * @see https://docs.claude.com/en/docs/build-with-claude/streaming
 */

import type { Path } from '../../body/json/edit.ts';
import type { StreamEvent } from '../../body/stream/document.ts';
import type { Collector } from '../collector.ts';
import { isObject, type JsonObject } from '../segment.ts';
import { StreamBlocks } from '../stream-blocks.ts';
import { readAnswer, readContainer } from './answer.ts';
import { ASSISTANT, callOf, readCitations, readContent, readOthers, type TextOrigin } from './content.ts';

const TYPES = new Set<unknown>([
  ...['message_start', 'content_block_start', 'content_block_delta', 'content_block_stop'],
  ...['message_delta', 'message_stop', 'ping'],
]);

const PROVIDER: TextOrigin = { role: 'tool', kind: 'text' };

/** @returns false when no event is one of Anthropic's */
export function readStream(events: readonly StreamEvent[], out: Collector): boolean {
  if (!events.some(isOurs)) return false;
  const blocks = new StreamBlocks();
  const ends: (() => void)[] = [];
  events.forEach(({ value }, number) => {
    if (!isObject(value)) out.leaves('tool', 'text', value, [number]);
    else readEvent(value, [number], blocks, ends, out);
  });
  blocks.read(out);
  for (const readEnd of ends) readEnd();
  return true;
}

function isOurs({ name, value }: StreamEvent): boolean {
  if (!isObject(value)) return false;
  const { type } = value;
  return (
    TYPES.has(type) || (type === undefined && TYPES.has(name)) || (type === 'error' && isObject(value.error))
  );
}

/** @param ends what stands behind the last block, whenever it arrived */
function readEvent(
  event: JsonObject,
  path: Path,
  blocks: StreamBlocks,
  ends: (() => void)[],
  out: Collector,
): void {
  const { message, content_block, delta, index } = event;
  if (isObject(message)) {
    blocks.restart();
    blocks.open(undefined, true).note((to) => readMessage(message, [...path, 'message'], to));
  } else out.leaves('tool', 'text', message, [...path, 'message']);
  if (isObject(content_block)) openBlock(content_block, index, [...path, 'content_block'], blocks);
  else if (content_block)
    blocks.open(index, true).add('assistant', 'text', content_block, [...path, 'content_block']);
  if (isObject(delta) && event.type === 'message_delta') {
    ends.push(() => readMessageDelta(delta, [...path, 'delta'], out));
  } else if (isObject(delta)) addDelta(delta, index, [...path, 'delta'], blocks);
  else if (delta) blocks.at(index).add('assistant', 'text', delta, [...path, 'delta']);
  if (event.type === 'content_block_stop') blocks.stop(index);
  ends.push(() => readOthers(event, EVENT_KEYS, path, PROVIDER, out));
}

const EVENT_KEYS = [
  ...['type', 'index', 'message', 'content_block', 'delta', 'usage', 'context_management', 'request_id'],
];

function readMessage(message: JsonObject, path: Path, out: Collector): void {
  if (!readAnswer(message, path, out)) readOthers(message, MESSAGE_KEYS, path, ASSISTANT, out);
}

const MESSAGE_KEYS = ['role', 'container', 'context_management', 'diagnostics', 'stop_sequence', 'usage'];

/** Blocks that begin empty and grow; any other arrives whole. */
function openBlock(block: JsonObject, index: unknown, path: Path, blocks: StreamBlocks): void {
  const { type } = block;
  const isText = type === 'text' || type === undefined;
  const opened = blocks.open(index, isText);
  if (isText) {
    addField(block, 'text', 'text', path, opened);
    opened.note((out) => readCitations(block.citations, [...path, 'citations'], out));
    opened.note((out) => readOthers(block, ['text', 'citations'], path, ASSISTANT, out));
  } else if (type === 'thinking') {
    addField(block, 'thinking', 'reasoning', path, opened);
    opened.note((out) => readOthers(block, ['thinking'], path, ASSISTANT, out));
  } else if (type === 'compaction') {
    addField(block, 'content', 'text', path, opened);
    opened.note((out) => readOthers(block, ['content'], path, ASSISTANT, out));
  } else {
    opened.call = callOf(block);
    opened.note((out) => readContent(block, path, ASSISTANT, out));
  }
  if (block.signature) opened.isSigned = true;
}

type Block = ReturnType<StreamBlocks['at']>;

function addField(
  object: JsonObject,
  key: string,
  kind: 'text' | 'reasoning' | 'tool_arguments',
  path: Path,
  block: Block,
): void {
  const value = object[key];
  if (value !== undefined && value !== null) block.add('assistant', kind, value, [...path, key]);
}

function addDelta(delta: JsonObject, index: unknown, path: Path, blocks: StreamBlocks): void {
  const block = blocks.at(index);
  addField(delta, 'text', 'text', path, block);
  addField(delta, 'thinking', 'reasoning', path, block);
  addField(delta, 'partial_json', 'tool_arguments', path, block);
  addField(delta, 'content', 'text', path, block);
  if (delta.signature) block.isSigned = true;
  if (delta.citation) {
    block.note((out) => readCitations(delta.citation, [...path, 'citation'], out));
  }
  if (Object.keys(delta).some((key) => !DELTA_KEYS.includes(key))) {
    block.note((out) => readOthers(delta, DELTA_KEYS, path, ASSISTANT, out));
  }
}

const DELTA_KEYS = ['type', 'text', 'thinking', 'partial_json', 'content', 'signature', 'citation'];

/** Why the answer ended. */
function readMessageDelta(delta: JsonObject, path: Path, out: Collector): void {
  readContent(delta.stop_details, [...path, 'stop_details'], { role: 'assistant', kind: 'refusal' }, out);
  readContainer(delta.container, [...path, 'container'], out);
  readOthers(delta, ['stop_details', 'stop_sequence', 'container'], path, ASSISTANT, out);
}

/**
 * Signed thinking in a stream that is known to its end: left out under the rules of signed-thinking.ts.
 *
 * The blocks of a message are numbered, and clients count on it: Anthropic's puts what a block says into the block that has its
 * number in the list. So the blocks behind a thought get new numbers.
 *
 * @see https://platform.claude.com/docs/en/build-with-claude/streaming
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
 */
import type { Edit } from '../body/json/edit.ts';
import type { StreamEvent } from '../body/stream/document.ts';
import { isObject, type JsonObject } from './segment.ts';
import { FINAL, isOfTool, isThinking, says } from './signed-thinking.ts';

/** What one event says of the message. */
type Told =
  | { kind: 'begins' | 'nothing' }
  | { kind: 'ends'; stopReason: unknown }
  | { kind: 'block'; index: number; key: string; block: JsonObject };

/** What is known of one block. */
interface Block {
  isThinking: boolean;
  says: boolean;
}

/**
 * @returns edits that take all thinking out; undefined where it must not be left out, nothing would remain, or the stream is odd
 */
export function omittableEvents(events: readonly StreamEvent[]): Edit[] | undefined {
  const told = events.map(toldBy);
  const blocks = blocksIn(told);
  if (!blocks || told.filter(({ kind }) => kind === 'begins').length !== 1) return undefined;
  const ends = told.flatMap((one) => (one.kind === 'ends' ? [one.stopReason] : []));
  if (ends.length !== 1 || !FINAL.has(ends[0])) return undefined;
  if (![...blocks.values()].some((block) => !block.isThinking && block.says)) return undefined;
  const left = [...blocks].flatMap(([index, block]) => (block.isThinking ? [] : [index]));
  left.sort((one, other) => one - other);
  const renumbered = new Map(left.map((index, position) => [index, position]));
  return told.flatMap((one, event): Edit[] => {
    if (one.kind !== 'block') return [];
    const index = renumbered.get(one.index);
    if (index === undefined) return [{ path: [event], removed: true }];
    return index === one.index ? [] : [{ path: [event, one.key], json: String(index) }];
  });
}

/** @returns undefined where a tool is used, or a block is a thought and something else */
function blocksIn(told: readonly Told[]): Map<number, Block> | undefined {
  const blocks = new Map<number, Block>();
  for (const one of told) {
    if (one.kind !== 'block') continue;
    const { index, block } = one;
    if (isOfTool(block)) return undefined;
    const known = blocks.get(index);
    // The end of a block says nothing of it.
    if (Object.keys(block).length === 0) continue;
    if (known && known.isThinking !== isThinking(block)) return undefined;
    blocks.set(index, { isThinking: isThinking(block), says: (known?.says ?? false) || says(block) });
  }
  const isKnown = told.every((one) => one.kind !== 'block' || blocks.has(one.index));
  return isKnown ? blocks : undefined;
}

function toldBy({ name, value }: StreamEvent): Told {
  if (!isObject(value)) return { kind: 'nothing' };
  return typeof value.type === 'string' ? toldByAnthropic(value) : toldByBedrock(name, value);
}

function toldByAnthropic(value: JsonObject): Told {
  const { type, index, delta, message, content_block: block } = value;
  if (type === 'message_start') return { kind: isEmpty(message) ? 'begins' : 'nothing' };
  if (type === 'message_delta')
    return { kind: 'ends', stopReason: isObject(delta) ? delta.stop_reason : undefined };
  if (typeof index !== 'number') return { kind: 'nothing' };
  const key = 'index';
  if (isObject(block)) return { kind: 'block', index, key, block };
  return { kind: 'block', index, key, block: isObject(delta) ? blockOf(delta) : {} };
}

/** What already stands in it has numbers too. */
function isEmpty(message: unknown): boolean {
  return isObject(message) && Array.isArray(message.content) && message.content.length === 0;
}

/** The part of a block that a delta adds to. */
function blockOf(delta: JsonObject): JsonObject {
  switch (delta.type) {
    case 'thinking_delta':
    case 'signature_delta':
      return { type: 'thinking' };
    case 'input_json_delta':
      return { type: 'tool_use' };
    case 'text_delta':
      return { type: 'text', text: delta.text };
    // Citations stand in a block of text.
    default:
      return { type: 'text', text: '' };
  }
}

function toldByBedrock(name: string | undefined, value: JsonObject): Told {
  if (name === 'messageStart') return { kind: 'begins' };
  if (name === 'messageStop') return { kind: 'ends', stopReason: value.stopReason };
  const { contentBlockIndex: index, start, delta } = value;
  if (typeof index !== 'number') return { kind: 'nothing' };
  const block = isObject(start) ? start : isObject(delta) ? delta : {};
  return { kind: 'block', index, key: 'contentBlockIndex', block };
}

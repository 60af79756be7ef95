/**
 * ConverseStream, and the streams of Amazon's Nova models under InvokeModelWithResponseStream.
 *
 * | event | text | kind |
 * |---|---|---|
 * | `contentBlockStart` | `start.toolUse.name` | label |
 * | `contentBlockDelta` | `delta.text`, joined with adjacent blocks: Nova opens one for every token | text |
 * | | `delta.toolUse.input`: fragments | tool_arguments |
 * | | `delta.reasoningContent.text`; a `signature` binds its block | reasoning |
 * | | `delta.toolResult[]`: `text`, leaves of `json` | tool_result |
 * | | `delta.citation`; `delta.image` is opaque | citation |
 * | `messageStop` | `additionalModelResponseFields`: they go with a change | citation |
 * | `metadata` | `trace` (guardrail-trace.ts): it goes with a change | citation |
 * | exceptions, any other | every string | text of the tool |
 *
 * ConverseStream names its events in their frames, Nova in the JSON: `{"contentBlockDelta": {…}}`.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
 */
import type { Path } from '../../body/json/edit.ts';
import type { StreamEvent } from '../../body/stream/document.ts';
import type { Collector } from '../collector.ts';
import { type Field, fieldsOf, itemsOf } from '../placed.ts';
import { isObject, type JsonObject, type ToolCall } from '../segment.ts';
import { type StreamBlock, StreamBlocks } from '../stream-blocks.ts';
import { readBlocks } from './content-blocks.ts';
import { emptied, readTrace } from './guardrail-trace.ts';

const NAMES = new Set([
  ...[
    'messageStart',
    'contentBlockStart',
    'contentBlockDelta',
    'contentBlockStop',
    'messageStop',
    'metadata',
  ],
]);

/** @returns false when no event is one of Converse's */
export function readStream(events: readonly StreamEvent[], out: Collector): boolean {
  const payloads = events.flatMap(payloadsOf);
  if (!payloads.some(isOurs) && !isAllExceptions(events)) return false;
  const blocks = new StreamBlocks();
  for (const payload of payloads) addPayload(payload, blocks);
  const derived = payloads.flatMap(({ value, path }) => {
    const trace = isObject(value.trace) ? value.trace.guardrail : undefined;
    return [
      ...emptied(trace, [...path, 'trace', 'guardrail']),
      ...emptied(value[MORE_FIELDS], [...path, MORE_FIELDS]),
    ];
  });
  out.deriving(derived, () => blocks.read(out));
  for (const payload of payloads) readRest(payload, out);
  events.forEach(({ value }, number) => {
    if (!isObject(value)) out.leaves('tool', 'text', value, [number]);
    // A name in the JSON whose value is no object.
    else
      for (const name of NAMES)
        if (!isObject(value[name])) out.leaves('tool', 'text', value[name], [number, name]);
  });
  return true;
}

const MORE_FIELDS = 'additionalModelResponseFields';

/** What an event says, under whichever name. */
interface Payload {
  name: string | undefined;
  value: JsonObject;
  path: Path;
}

function payloadsOf({ name, value }: StreamEvent, number: number): Payload[] {
  if (!isObject(value)) return [];
  const inside = fieldsOf(value, [number]).flatMap((field) =>
    NAMES.has(field.name) && isObject(field.value)
      ? [{ name: field.name, value: field.value, path: field.path }]
      : [],
  );
  const rest = Object.keys(value).some((key) => !NAMES.has(key));
  return rest || inside.length === 0 ? [...inside, { name, value, path: [number] }] : inside;
}

/** `messageStart` and `contentBlockDelta` by what they hold, should nobody name them. */
function isOurs({ name, value }: Payload): boolean {
  return NAMES.has(name ?? '') || typeof value.contentBlockIndex === 'number' || 'stopReason' in value;
}

function isAllExceptions(events: readonly StreamEvent[]): boolean {
  return events.length > 0 && events.every(({ name }) => name?.endsWith('Exception'));
}

function addPayload({ name, value, path }: Payload, blocks: StreamBlocks): void {
  const { start, delta, contentBlockIndex: index } = value;
  if (name === 'messageStart') blocks.restart();
  if (name === 'contentBlockStop') blocks.stop(index);
  if (isObject(start)) {
    const block = blocks.open(index, Object.keys(start).length === 0);
    for (const field of fieldsOf(start, [...path, 'start'])) {
      if (field.name === 'toolUse' && isObject(field.value)) block.call = callOf(field.value);
      block.note((out) => readStart(field, out));
    }
  } else if (start) blocks.at(index).add('assistant', 'text', start, [...path, 'start']);
  if (isObject(delta)) addDelta(delta, [...path, 'delta'], blocks.at(index));
  else if (delta) blocks.at(index).add('assistant', 'text', delta, [...path, 'delta']);
}

function callOf({ name }: JsonObject): ToolCall {
  return { names: typeof name === 'string' ? [name] : [] };
}

function readStart({ value, path }: Field, out: Collector): void {
  if (isObject(value)) out.identifier('assistant', value.name, [...path, 'name']);
  out.otherKeys('tool', 'text', value, START_KEYS, path);
}

const START_KEYS = new Set(['toolUseId', 'name', 'type', 'status', 'format']);

function addDelta(delta: JsonObject, path: Path, block: StreamBlock): void {
  for (const { name, value, path: at } of fieldsOf(delta, path)) {
    if (name === 'text') block.add('assistant', 'text', value, at);
    else if (name === 'toolUse' && isObject(value)) addCall(value, at, block);
    else if (name === 'reasoningContent' && isObject(value)) addReasoning(value, at, block);
    else if (name === 'toolResult') addResult(value, at, block);
    else if (name === 'citation') block.note((out) => out.leaves('tool', 'citation', value, at));
    else block.note((out) => readBlocks([{ value: { [name]: value }, path }], 'assistant', out));
  }
}

function addCall(call: JsonObject, path: Path, block: StreamBlock): void {
  if (call.input !== undefined) block.add('assistant', 'tool_arguments', call.input, [...path, 'input']);
  block.note((out) => out.otherKeys('assistant', 'tool_arguments', call, CALL_KEYS, path));
}

const CALL_KEYS = new Set(['input', 'toolUseId', 'name', 'type']);

/** In some streams the text stands one level deeper, as in an answer that is not streamed. */
function addReasoning(reasoning: JsonObject, path: Path, block: StreamBlock): void {
  const { text, signature, reasoningText, redactedContent } = reasoning;
  if (signature) block.isSigned = true;
  if (text !== undefined) block.add('assistant', 'reasoning', text, [...path, 'text']);
  if (isObject(reasoningText)) addReasoning(reasoningText, [...path, 'reasoningText'], block);
  else if (reasoningText) block.add('assistant', 'reasoning', reasoningText, [...path, 'reasoningText']);
  block.note((out) => {
    if (redactedContent) out.opaque('encrypted', redactedContent, [...path, 'redactedContent']);
    out.otherKeys('assistant', 'reasoning', reasoning, REASONING_KEYS, path);
  });
}

const REASONING_KEYS = new Set(['text', 'signature', 'redactedContent', 'reasoningText']);

function addResult(result: unknown, path: Path, block: StreamBlock): void {
  for (const { value, path: at } of itemsOf(result, path)) {
    const text = isObject(value) ? value.text : undefined;
    if (typeof text === 'string') block.add('tool', 'tool_result', text, [...at, 'text']);
    block.note((out) => {
      if (isObject(value)) out.otherKeys('tool', 'tool_result', value, RESULT_KEYS, at);
      else out.leaves('tool', 'tool_result', value, at);
      if (isObject(value) && typeof text !== 'string')
        out.leaves('tool', 'tool_result', text, [...at, 'text']);
    });
  }
}

const RESULT_KEYS = new Set(['text', 'type']);

/** What is no part of a block. `p` is padding: it hides how long the other values are. */
function readRest({ name, value, path }: Payload, out: Collector): void {
  readTrace(value.trace, [...path, 'trace'], out);
  out.leaves('tool', 'citation', value[MORE_FIELDS], [...path, MORE_FIELDS]);
  const isException = name !== undefined && !NAMES.has(name);
  out.otherKeys('tool', 'text', value, isException ? EXCEPTION_KEYS : PAYLOAD_KEYS, path);
}

const EXCEPTION_KEYS = new Set(['p', 'start', 'delta', 'trace', MORE_FIELDS, ...NAMES]);

const PAYLOAD_KEYS = new Set([
  ...EXCEPTION_KEYS,
  ...['role', 'stopReason', 'contentBlockIndex', 'usage', 'metrics', 'performanceConfig', 'serviceTier'],
]);

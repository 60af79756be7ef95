/**
 * What OpenAI keeps on its servers, and pictures: assistants, threads, conversations, files, batches, vector stores, jobs.
 *
 * | side | text |
 * |---|---|
 * | request | every leaf that is no id, time, count or word of the API's, as the user's |
 * | answer | the same, as a tool's; of a run's stream the deltas of each text together |
 *
 * @see https://platform.openai.com/docs/api-reference/assistants
 */
import type { StreamEvent } from '../../body/stream/document.ts';
import type { Collector } from '../collector.ts';
import { DeltaTexts } from '../delta-texts.ts';
import { itemsOf } from '../placed.ts';
import { readMedia, resourceFormat } from '../resource.ts';
import { isObject, type JsonObject, wordOf } from '../segment.ts';
import { RESOURCE_SHAPES } from './resource-shapes.ts';

export const resources = resourceFormat({
  name: 'openai.resources',
  shapes: RESOURCE_SHAPES,
  readStream,
});

/** The events of a run or of a conversation, and those of a picture or a sound that is being made. */
function readStream(events: readonly StreamEvent[], out: Collector): boolean {
  const texts = new DeltaTexts();
  let isKnown = false;
  for (const [number, { value }] of events.entries()) {
    if (!isObject(value)) continue;
    isKnown ||= typeof value.object === 'string' || isMedia(value.type) || isOfConversation(value.type);
    readMedia(value, [number], out);
    if (isOfConversation(value.type)) readConversationDelta(value, number, texts);
    if (!isObject(value.delta)) continue;
    readMessageDelta(wordOf(value.id), value.delta, [number, 'delta'], texts);
    readStepDelta(wordOf(value.id), value.delta, [number, 'delta'], texts);
  }
  if (isKnown) texts.read(out);
  return isKnown;
}

/** Of Mistral's conversations. */
function isOfConversation(type: unknown): boolean {
  return (
    typeof type === 'string' &&
    /^(?:conversation\.response|message\.output|tool\.execution|function\.call|agent\.handoff)\./.test(type)
  );
}

/** `content`, a text or one part of it, and `arguments`. */
function readConversationDelta(
  { id, output_index, content_index, content, arguments: args }: JsonObject,
  number: number,
  texts: DeltaTexts,
): void {
  const key = `${wordOf(id)} ${wordOf(output_index)}`;
  const [text, path] = isObject(content)
    ? [content.text, [number, 'content', 'text']]
    : [content, [number, 'content']];
  texts.add(`${key} ${wordOf(content_index)} text`, 'assistant', 'text', text, path);
  texts.add(`${key} arguments`, 'assistant', 'tool_arguments', args, [number, 'arguments']);
}

function isMedia(type: unknown): boolean {
  return typeof type === 'string' && /^(?:image_generation|image_edit|speech\.audio)\./.test(type);
}

/** `delta.content[].text.value`, and what the model will not say. */
function readMessageDelta(
  id: string,
  delta: Record<string, unknown>,
  path: (string | number)[],
  texts: DeltaTexts,
): void {
  for (const { value: part, path: at } of itemsOf(delta.content, [...path, 'content'])) {
    if (!isObject(part)) continue;
    const key = `${id} ${wordOf(part.index)}`;
    if (isObject(part.text))
      texts.add(`${key} text`, 'assistant', 'text', part.text.value, [...at, 'text', 'value']);
    texts.add(`${key} refusal`, 'assistant', 'refusal', part.refusal, [...at, 'refusal']);
  }
}

/** `delta.step_details.tool_calls[]`: the arguments of a function, and code with what it printed. */
function readStepDelta(
  id: string,
  delta: Record<string, unknown>,
  path: (string | number)[],
  texts: DeltaTexts,
): void {
  const { step_details: details } = delta;
  if (!isObject(details)) return;
  const at = [...path, 'step_details', 'tool_calls'];
  for (const { value: call, path: callAt } of itemsOf(details.tool_calls, at)) {
    if (!isObject(call)) continue;
    const key = `${id} ${wordOf(call.index)}`;
    if (isObject(call.function)) {
      const { arguments: args, output } = call.function;
      texts.add(`${key} arguments`, 'assistant', 'tool_arguments', args, [
        ...callAt,
        'function',
        'arguments',
      ]);
      texts.add(`${key} output`, 'tool', 'tool_result', output, [...callAt, 'function', 'output']);
    }
    if (!isObject(call.code_interpreter)) continue;
    const { input, outputs } = call.code_interpreter;
    texts.add(`${key} code`, 'assistant', 'text', input, [...callAt, 'code_interpreter', 'input']);
    for (const { value: one, path: oneAt } of itemsOf(outputs, [...callAt, 'code_interpreter', 'outputs'])) {
      if (isObject(one))
        texts.add(`${key} logs ${wordOf(one.index)}`, 'tool', 'tool_result', one.logs, [...oneAt, 'logs']);
    }
  }
}

/**
 * Streams of the models under InvokeModelWithResponseStream that take one prompt.
 *
 * | family | every event |
 * |---|---|
 * | Amazon Titan | `outputText`, with the `index` of its result |
 * | Meta Llama | `generation` |
 * | Mistral | `outputs[].text` |
 *
 * Any other string in an event is read as it stands, such as the message of an exception.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html
 */
import type { Path } from '../../body/json/edit.ts';
import type { StreamEvent } from '../../body/stream/document.ts';
import type { Collector } from '../collector.ts';
import { DeltaTexts } from '../delta-texts.ts';
import { itemsOf } from '../placed.ts';
import { isObject, type JsonObject } from '../segment.ts';

/** @returns false when no event is of one of these families */
export function readStream(events: readonly StreamEvent[], out: Collector): boolean {
  if (!events.some(({ value }) => isObject(value) && isOurs(value))) return false;
  const texts = new DeltaTexts();
  events.forEach(({ value }, number) => {
    if (isObject(value)) addEvent(value, [number], texts);
    texts.note((to) => to.otherKeys('tool', 'text', value, EVENT_KEYS, [number]));
  });
  texts.read(out);
  return true;
}

function isOurs(event: JsonObject): boolean {
  const [output] = Array.isArray(event.outputs) ? event.outputs : [];
  return 'outputText' in event || 'generation' in event || (isObject(output) && 'text' in output);
}

function addEvent(event: JsonObject, path: Path, texts: DeltaTexts): void {
  const index = typeof event.index === 'number' ? event.index : 0;
  texts.add(`outputText ${index}`, 'assistant', 'text', event.outputText, [...path, 'outputText']);
  texts.add('generation', 'assistant', 'text', event.generation, [...path, 'generation']);
  for (const [position, { value, path: at }] of itemsOf(event.outputs, [...path, 'outputs']).entries()) {
    if (isObject(value)) texts.add(`outputs ${position}`, 'assistant', 'text', value.text, [...at, 'text']);
    texts.note((to) => to.otherKeys('assistant', 'text', value, OUTPUT_KEYS, at));
  }
}

const OUTPUT_KEYS = new Set(['text', 'stop_reason', 'tokenCount', 'completionReason']);

const EVENT_KEYS = new Set([
  ...['outputText', 'generation', 'outputs', 'index', 'completionReason', 'stop_reason', 'id'],
  ...['totalOutputTextTokenCount', 'inputTextTokenCount', 'prompt_token_count', 'generation_token_count'],
]);

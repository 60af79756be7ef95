/** The texts that grow over a stream's events, put together as an application would: without the code under test. */
import { isObject } from '../../src/formats/segment.ts';

/** Where the official clients' events have pieces of a text; positions in lists are left out. */
const GROWING = new Set([
  ...['choices.delta.content', 'choices.delta.refusal', 'choices.delta.reasoning_content', 'choices.text'],
  ...['choices.delta.tool_calls.function.arguments', 'choices.delta.function_call.arguments'],
  ...['delta', 'delta.text', 'delta.thinking', 'delta.partial_json', 'delta.content'],
  ...['content_block.text', 'content_block.thinking'],
  ...['text', 'toolCallDelta.text', 'toolCallDelta.parameters'],
  ...['delta.message.content.text', 'delta.message.content.thinking', 'delta.message.toolPlan'],
  ...['delta.message.toolCalls.function.arguments', 'candidates.content.parts.text'],
  ...['contentBlockDelta.delta.text', 'contentBlockDelta.delta.toolUse.input'],
  ...['contentBlockDelta.delta.reasoningContent.text', 'contentBlockDelta.delta.toolResult.text'],
  ...['outputText', 'generation', 'outputs.text', 'completion'],
]);

/** Which of several texts a piece belongs to. */
const NUMBERS = [
  ...['index', 'output_index', 'content_index', 'summary_index', 'command_index', 'contentBlockIndex'],
  'thought',
];

/** Events after which the numbers begin anew. */
const STARTS = new Set(['message_start', 'message-start', 'response.created', 'messageStart']);

/** Events that tell a text again. */
const COPIES = new Set(['tool-calls-generation', 'stream-end']);

/** @returns whole texts, in the order in which they begin; empty ones too, so that two streams can be compared */
export function grownTexts(events: readonly unknown[]): string[] {
  const texts = new Map<string, string>();
  let run = 0;
  for (const event of events) {
    const type = eventTypeOf(event);
    if (STARTS.has(type) || interrupts(event)) run++;
    if (COPIES.has(type)) continue;
    forEachPiece(event, '', '', (field, numbers, piece) => {
      // `delta` alone says nothing; the same text may begin under another field than it goes on.
      const name = field === 'delta' ? type : field.slice(field.lastIndexOf('.') + 1);
      const key = `${run} ${name} ${numbers}`;
      texts.set(key, (texts.get(key) ?? '') + piece);
    });
  }
  return [...texts.values()];
}

/** Gemini's parts have no numbers: code and its result divide the texts before and after them. */
function interrupts(event: unknown): boolean {
  return (
    isObject(event) &&
    /"(executableCode|codeExecutionResult)":/.test(JSON.stringify(event.candidates ?? null))
  );
}

/** What an event calls itself; Bedrock's are named by their one key. */
export function eventTypeOf(event: unknown): string {
  if (!isObject(event)) return typeof event;
  return String(event.type ?? event.eventType ?? event.object ?? Object.keys(event)[0]);
}

function forEachPiece(
  value: unknown,
  field: string,
  numbers: string,
  visit: (field: string, numbers: string, piece: string) => void,
): void {
  if (typeof value === 'string') {
    if (GROWING.has(field)) visit(field, numbers, value);
  } else if (Array.isArray(value)) {
    for (const item of value) forEachPiece(item, field, numbers, visit);
  } else if (isObject(value)) {
    const own = NUMBERS.map((name) => value[name] ?? '').join(' ');
    for (const [key, item] of Object.entries(value)) {
      forEachPiece(item, field === '' ? key : `${field}.${key}`, `${numbers} ${own}`, visit);
    }
  }
}

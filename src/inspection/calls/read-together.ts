/**
 * Which texts a model reads together. Verdicts on each of them alone say nothing about all of them together, such as about
 * two halves of an attack.
 */
import { digest } from '../../body/text-key.ts';
import type { Segment, ToolCall } from '../../formats/segment.ts';

/**
 * All that is said between two of the model's answers is read together, and so is each call that an answer makes, and the
 * prose of each schema.
 *
 * @returns for each segment that is read together with others: a hash of all of them, in their order
 */
export function readTogether(segments: readonly Segment[]): Map<Segment, string> {
  const words = new Map([...callWords(segments, ({ text }) => text), ...definitionWords(segments)]);
  let run: Segment[] = [];
  const endRun = () => {
    if (run.length > 1) {
      const word = wordFor(run.map(({ role, text }) => [role, text]));
      for (const segment of run) words.set(segment, word);
    }
    run = [];
  };
  for (const segment of segments) {
    if (segment.role === 'assistant') endRun();
    else if (segment.role !== 'system' && !segment.isOutsideConversation) run.push(segment);
  }
  endRun();
  return words;
}

/**
 * @param textOf what the segment's text becomes
 * @returns for the arguments of each call in an assistant's turn: a hash of the tool's name and all arguments; none if it
 * is not known which tool is called
 */
export function callWords(
  segments: readonly Segment[],
  textOf: (segment: Segment) => string,
): Map<Segment, string> {
  const calls = Map.groupBy(
    segments.filter(({ role, call }) => role === 'assistant' && call !== undefined),
    ({ call }) => call,
  );
  const words = new Map<Segment, string>();
  for (const [call, args] of calls) {
    if (!call || call.names.length === 0) continue;
    const names = call.names.map((name) => ['name', name] as const);
    // All that a string says is not what one string in an object says.
    const form = ['form', isTextCall(call) ? 'text' : 'object'] as const;
    const word = wordFor([...names, form, ...args.map((segment) => ['argument', textOf(segment)] as const)]);
    for (const segment of args) words.set(segment, word);
  }
  return words;
}

/** The arguments are one string, or the pieces of one. */
export function isTextCall({ inputs }: ToolCall): boolean {
  return inputs === undefined || (inputs.length === 1 && typeof inputs[0]?.value === 'string');
}

/** @returns for the prose of each definition: a hash of all of it, whatever the order of its keys */
function definitionWords(segments: readonly Segment[]): Map<Segment, string> {
  const words = new Map<Segment, string>();
  const prose = segments.filter(({ definition }) => definition !== undefined);
  for (const [definition, parts] of Map.groupBy(prose, (segment) => segment.definition)) {
    const below = definition?.path.length ?? 0;
    const texts = parts.map(({ pieces: [first], text }) => {
      return [`prose ${JSON.stringify(first?.path.slice(below))}`, text] as const;
    });
    const word = wordFor(texts.sort(([a], [b]) => (a < b ? -1 : 1)));
    for (const segment of parts) words.set(segment, word);
  }
  return words;
}

function wordFor(texts: readonly (readonly [what: string, text: string])[]): string {
  const parts = texts.map(([what, text]) => `${what} ${text.length} ${text}`);
  return digest(parts.join(' '));
}

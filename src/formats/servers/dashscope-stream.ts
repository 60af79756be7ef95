/**
 * Streams of DashScope: each event is an answer that has all that was said so far, or, where the request asked for
 * `incremental_output`, what was added. Nothing in it says which. All texts of a stream are of one kind, but for thoughts,
 * which some models only add to: what one text proves holds for those that never contradict it.
 */
import type { StreamEvent } from '../../body/stream/document.ts';
import type { Collector } from '../collector.ts';
import { growthOf } from '../cumulative-text.ts';
import { EventCollector, StreamTextAssembler, type TextId } from '../openai/stream-text-assembler.ts';
import { isObject, type Piece, type Segment } from '../segment.ts';
import { isAnswer, readAnswer } from './dashscope-answer.ts';

/** What one event tells of a text. */
interface Told {
  event: number;
  segment: Segment;
  text: GrowingText;
  /** Which of the text's runs it belongs to. */
  run: number;
}

interface GrowingText {
  id: TextId;
  /** Each begins with the one before, until one does not. */
  runs: Piece[][];
}

/** @returns false when no event is an answer of DashScope */
export function readDashScopeStream(events: readonly StreamEvent[], out: Collector): boolean {
  if (!events.some(({ value }) => isAnswer(value))) return false;
  const { told, growing } = textsOf(events, out);
  const cumulative = new Set(growing.filter(({ runs }) => runs.some(isCumulative)));
  const texts = new StreamTextAssembler();
  for (const { event, segment, text, run } of told) {
    const { id, runs } = text;
    const isUncontradicted = runs.length === 1 && (cumulative.size > 0 || isToldAgain(id, segment));
    if (segment.role !== 'assistant') texts.add(event, id, segment);
    else if (isUncontradicted || cumulative.has(text))
      texts.addCumulative(event, run === 0 ? id : [...id, run], segment, false);
    else texts.add('deltas', id, segment);
  }
  texts.collect(out);
  return true;
}

function textsOf(events: readonly StreamEvent[], out: Collector): { told: Told[]; growing: GrowingText[] } {
  const told: Told[] = [];
  const growing = new Map<string, GrowingText>();
  for (const [event, { value }] of events.entries()) {
    const found = new EventCollector(out);
    if (isAnswer(value)) readAnswer(value, [event], found);
    else found.leaves('tool', 'text', value, [event]);
    found.countInto(out);
    for (const joined of found.take()) {
      for (const piece of joined.pieces) {
        const segment = { ...joined, pieces: [piece], text: piece.text };
        const id = isAnswer(value) ? idOf(segment, value.output) : piece.path.slice(1);
        const key = JSON.stringify([segment.role, segment.kind, ...id]);
        const text = growing.get(key) ?? { id, runs: [] };
        growing.set(key, text);
        told.push({ event, segment, text, run: extend(text, piece) });
      }
    }
  }
  return { told, growing: [...growing.values()] };
}

/** @returns the number of the run that the piece now belongs to */
function extend({ runs }: GrowingText, piece: Piece): number {
  const run = runs.at(-1);
  if (run && piece.text.startsWith(run.at(-1)?.text ?? '')) run.push(piece);
  else runs.push([piece]);
  return runs.length - 1;
}

function isCumulative(run: Piece[]): boolean {
  return growthOf(run) === 'cumulative';
}

/** Names, and what an application did before it answers, stand in events that add to other texts. */
function isToldAgain(id: TextId, { kind }: Segment): boolean {
  return kind === 'label' || id[0] === 'thoughts' || id[0] === 'workflow_message';
}

/** Items of lists have an `index`; without one, their place in the list counts. */
function idOf({ pieces: [piece] }: Segment, output: unknown): TextId {
  if (!piece) return [];
  let at = output;
  const id = piece.path.slice(2).map((step) => {
    at = isObject(at) || Array.isArray(at) ? (at as Record<string | number, unknown>)[step] : undefined;
    return typeof step === 'number' && isObject(at) && typeof at.index === 'number' ? at.index : step;
  });
  // The first part of a list, or all there is.
  return id.at(-1) === 'content' ? [...id, 0, 'text'] : id;
}

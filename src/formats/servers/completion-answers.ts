/** Answers that are a completion, or a list of them, and streams of such completions, each with what is added to its text. */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../collector.ts';
import type { BodyFormat } from '../format.ts';
import { belowOf, EventCollector, StreamTextAssembler } from '../openai/stream-text-assembler.ts';
import { itemsOf } from '../placed.ts';
import { isObject, type JsonObject } from '../segment.ts';

interface Completion {
  isAnswer(value: unknown): value is JsonObject;
  /** What the model says in it has the role of the assistant. */
  read(answer: JsonObject, path: Path, out: Collector): void;
  /** Which of the completions that share a stream it is. */
  idOf(answer: JsonObject): string | number;
}

export function completionAnswers({
  isAnswer,
  read,
  idOf,
}: Completion): Required<Pick<BodyFormat, 'readResponse' | 'readStream'>> {
  return {
    readResponse(body, out) {
      const answers = Array.isArray(body) ? itemsOf(body, []) : [{ value: body, path: [] }];
      if (answers.length === 0 || !answers.every(({ value }) => isAnswer(value))) return false;
      for (const { value, path } of answers) if (isObject(value)) read(value, path, out);
      return true;
    },

    readStream(events, out) {
      if (!events.some(({ value }) => isAnswer(value))) return false;
      const texts = new StreamTextAssembler();
      for (const [number, { value }] of events.entries()) {
        const found = new EventCollector(out);
        if (isAnswer(value)) read(value, [number], found);
        else found.leaves('tool', 'text', value, [number]);
        found.countInto(out);
        for (const segment of found.extraction.segments) {
          const isSaid = segment.role === 'assistant' && isAnswer(value);
          const id = isSaid ? ['choices', idOf(value)] : [];
          texts.add(isSaid ? 'deltas' : number, [...id, ...belowOf(segment, 1)], segment);
        }
      }
      texts.collect(out);
      return true;
    },
  };
}

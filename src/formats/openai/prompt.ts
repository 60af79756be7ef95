/**
 * A prompt outside of a conversation: a string, several of them, or token ids, which are text that only the model's own
 * tokenizer can read.
 */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../collector.ts';

export function readPrompt(prompt: unknown, path: Path, out: Collector): void {
  if (!Array.isArray(prompt)) {
    out.text('user', 'text', prompt, path);
    return;
  }
  if (prompt.some((item) => typeof item === 'number')) out.unreadable('tokens', path);
  prompt.forEach((item, index) => {
    readPrompt(item, [...path, index], out);
  });
}

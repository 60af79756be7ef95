/**
 * Which texts the model reads as one: all that is said between two of its answers. A verdict on one of them alone says
 * nothing of them together, such as of the two halves of an attack.
 */
import { hash } from 'node:crypto';
import type { Segment } from '../wire/segment.ts';

/** @returns for each segment that is not read alone a word that stands for all it is read with, in their order */
export function readTogether(segments: readonly Segment[]): Map<Segment, string> {
  const words = new Map<Segment, string>();
  let run: Segment[] = [];
  const endRun = () => {
    if (run.length > 1) {
      const texts = run.map(({ role, text }) => `${role} ${text.length} ${text}`);
      const word = hash('sha256', texts.join(' '), 'base64');
      for (const segment of run) words.set(segment, word);
    }
    run = [];
  };
  for (const segment of segments) {
    if (segment.role === 'assistant') endRun();
    else if (segment.role !== 'system' && !segment.isAside) run.push(segment);
  }
  endRun();
  return words;
}

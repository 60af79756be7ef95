/**
 * An answer of Anthropic Messages: a whole body, the result of a batch, or what a stream begins with.
 *
 * @see https://docs.claude.com/en/api/messages
 */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../collector.ts';
import { itemsOf } from '../placed.ts';
import { isObject, type JsonObject } from '../segment.ts';
import { ASSISTANT, readContent } from './content.ts';

const ANSWER_KEYS = new Set([
  ...['content', 'stop_details'],
  ...['id', 'type', 'role', 'model', 'container', 'context_management', 'diagnostics', 'stop_reason'],
  ...['input_transformations', 'stop_sequence', 'usage'],
]);

/** @param path of the answer in the body */
export function readAnswer(body: unknown, path: Path, out: Collector): boolean {
  if (!isObject(body) || !hasContent(body)) return false;
  out.model(body.model);
  readContent(body.content, [...path, 'content'], ASSISTANT, out);
  readContent(body.stop_details, [...path, 'stop_details'], { role: 'assistant', kind: 'refusal' }, out);
  readContainer(body.container, [...path, 'container'], out);
  out.otherKeys('tool', 'text', body, ANSWER_KEYS, path);
  return true;
}

/** A container keeps files, and skills are instructions: neither is in the body. */
export function readContainer(container: unknown, path: Path, out: Collector): void {
  if (!isObject(container)) {
    if (container) out.reference(path);
    return;
  }
  if (container.id || !container.skills) out.reference(path);
  for (const skill of itemsOf(container.skills, [...path, 'skills'])) out.reference(skill.path);
}

/** Kong's own answers have neither `type` nor `role`. */
function hasContent({ content, stop_reason, role }: JsonObject): boolean {
  if (Array.isArray(content)) return true;
  return content !== undefined && !isObject(content) && (stop_reason !== undefined || role === 'assistant');
}

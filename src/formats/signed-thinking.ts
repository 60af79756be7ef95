/**
 * Signed thinking that may be left out of a message. The provider refuses a changed text under the old signature, but it does
 * not ask for all thinking: what it needs is the thinking of a turn in which tools are being used.
 *
 * Anthropic: while a tool is used, thinking blocks must be passed back complete and unmodified, because the model goes on
 * with the answer that it paused; thinking of earlier assistant turns may be left out. Bedrock has the same rule for its
 * Claude models, in `reasoningContent`.
 *
 * Newer models also check that nothing before a thinking block changed, other thinking blocks included: they refuse the
 * request, or drop the later blocks if `thinking.block_binding.prefix_mismatch_behavior` says so.
 *
 * @see https://docs.claude.com/en/docs/build-with-claude/extended-thinking#preserving-thinking-blocks
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html
 * @see https://platform.claude.com/docs/build-with-claude/preserved-thinking/prefix-checks
 */
import type { Path } from '../body/json/edit.ts';
import { valueAt } from './placed.ts';
import { isObject, type JsonObject } from './segment.ts';

/**
 * @param body whole, not a stream
 * @param path of a signed text in it
 * @returns the places of all thinking in the same message; undefined where it must not be left out, or nothing would remain
 */
export function omittableThinking(
  body: unknown,
  path: Path,
  direction: 'request' | 'response',
): Path[] | undefined {
  const depth = path.findIndex(
    (step, index) => step === 'content' && isThinking(valueAt(body, path.slice(0, index + 2))),
  );
  if (depth === -1) return undefined;
  const at = path.slice(0, depth);
  const message = valueAt(body, at);
  if (!isObject(message) || !Array.isArray(message.content)) return undefined;
  const { content } = message;
  if (!content.some((block) => !isThinking(block) && says(block))) return undefined;
  const mayGo = direction === 'response' ? isFinished(body, content) : isBeforeLastTurn(body, at, message);
  if (!mayGo) return undefined;
  return content.flatMap((block, index) => (isThinking(block) ? [[...at, 'content', index]] : []));
}

export function isThinking(block: unknown): boolean {
  if (!isObject(block)) return false;
  return block.type === 'thinking' || block.type === 'redacted_thinking' || 'reasoningContent' in block;
}

/** APIs refuse messages of which nothing but empty texts is left. */
export function says(block: unknown): boolean {
  if (!isObject(block)) return false;
  const isText = block.type === 'text' || (block.type === undefined && 'text' in block);
  return !isText || (typeof block.text === 'string' && block.text.trim() !== '');
}

/** For other reasons the model may go on with the same answer. */
export const FINAL: ReadonlySet<unknown> = new Set(['end_turn', 'stop_sequence', 'max_tokens']);

function isFinished(body: unknown, content: readonly unknown[]): boolean {
  if (!isObject(body) || content.some(isOfTool)) return false;
  return FINAL.has(body.stop_reason) || FINAL.has(body.stopReason);
}

/** A call of a tool, or a result. */
export function isOfTool(block: unknown): boolean {
  if (!isObject(block)) return true;
  const { type } = block;
  return 'toolUse' in block || isResult(block) || (typeof type === 'string' && type.endsWith('tool_use'));
}

function isResult(block: unknown): boolean {
  if (!isObject(block)) return false;
  const { type } = block;
  return 'toolResult' in block || (typeof type === 'string' && type.endsWith('tool_result'));
}

/** Everything behind the last turn of the user is one answer, in which tools are being used. */
function isBeforeLastTurn(body: unknown, at: Path, message: JsonObject): boolean {
  const messages = valueAt(body, at.slice(0, -1));
  const index = at.at(-1);
  if (message.role !== 'assistant' || at.at(-2) !== 'messages' || typeof index !== 'number') return false;
  return Array.isArray(messages) && index < startOfLastTurn(messages);
}

/** By conversation: each of its messages may ask. */
const starts = new WeakMap<readonly unknown[], number>();

function startOfLastTurn(messages: readonly unknown[]): number {
  const known = starts.get(messages);
  if (known !== undefined) return known;
  const start = findLastTurn(messages);
  starts.set(messages, start);
  return start;
}

/** Messages that follow each other in one role are one turn; one in which a tool answers is no turn of the user. */
function findLastTurn(messages: readonly unknown[]): number {
  let isTurn = false;
  for (let index = messages.length - 1; index >= 0; index--) {
    const message = messages[index];
    if (isAssistants(message)) {
      if (isTurn) return index + 1;
    } else if (answersTool(message)) {
      isTurn = false;
      while (index > 0 && !isAssistants(messages[index - 1])) index--;
    } else isTurn = true;
  }
  return 0;
}

function isAssistants(message: unknown): boolean {
  return isObject(message) && message.role === 'assistant';
}

/** Or what is no message that is known here. */
function answersTool(message: unknown): boolean {
  if (!isObject(message)) return true;
  const { content } = message;
  return Array.isArray(content)
    ? content.length === 0 || content.some(isResult)
    : typeof content !== 'string';
}

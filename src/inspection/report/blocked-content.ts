/** What `log_blocked_content` adds to the record of a blocked prompt or answer. */
import type { AnyConfig } from '../../config/mcp-schema.ts';

/** Number of texts in a record: the last ones, because AIDR analyses those. */
const MAX_TEXTS = 16;
/** Characters of a text. A longer one is cut, with an ellipsis. */
const MAX_LENGTH = 1_024;

/** @returns nothing unless the configuration asks for it, so that no content is where none is wanted */
export function blockedContent(config: AnyConfig, texts: readonly string[]): { content?: string[] } {
  if (!config.log_blocked_content) return {};
  return { content: [...new Set(texts)].slice(-MAX_TEXTS).map(shortened) };
}

function shortened(text: string): string {
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH).toWellFormed()}…`;
}

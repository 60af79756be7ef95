/** A body that is one text: a transcript, a file. */
import type { JsonDocument } from './json/document.ts';
import type { Edit } from './json/edit.ts';
import { withChanges } from './text-changes.ts';

/** @returns undefined for what is no UTF-8 text, such as media */
export function textDocument(bytes: Uint8Array): JsonDocument | undefined {
  const text = decoded(bytes);
  if (text === undefined) return undefined;
  return {
    value: text,
    left: { left: 0 },
    apply: (edits) => Buffer.from(edits.reduce(withEdit, text), 'utf8'),
  };
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}

/** There is one place, the whole text. */
function withEdit(text: string, edit: Edit): string {
  if ('changes' in edit) return withChanges(text, edit.changes);
  if ('text' in edit) return edit.text;
  throw new Error('an edit of a text is no JSON');
}

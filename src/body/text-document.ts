/** A body that is one text: a transcript, a file. */
import type { JsonDocument } from './json/document.ts';
import type { Edit } from './json/edit.ts';
import { withChanges } from './text-changes.ts';

/** @param encode writes a text as the body was written */
export function textDocument(text: string, encode: (text: string) => Uint8Array): JsonDocument {
  return { value: text, left: { left: 0 }, apply: (edits) => encode(edits.reduce(withEdit, text)) };
}

/** There is one place, the whole text. */
function withEdit(text: string, edit: Edit): string {
  if ('changes' in edit) return withChanges(text, edit.changes);
  if ('text' in edit) return edit.text;
  throw new Error('an edit of a text is no JSON');
}

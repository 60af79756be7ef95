/**
 * Artifacts that come in pieces: events with `append: true` go on where the one before ended, and whoever reads the artifact reads
 * on from one to the next.
 */
import { type Field, itemsOf } from '../../formats/placed.ts';
import { named, protoFields } from '../../formats/proto-json.ts';
import { isObject, wordOf } from '../../formats/segment.ts';
import type { StreamPiece } from '../protocol.ts';

/** @param value of an event, in either binding and version */
export function pieceIn(value: unknown): StreamPiece | undefined {
  const [result] = named(protoFields(value, []), 'result');
  const body = result ?? { value, path: [] };
  const [update = body] = named(protoFields(body.value, body.path), 'artifactUpdate');
  const fields = protoFields(update.value, update.path);
  const [artifact] = named(fields, 'artifact');
  if (!artifact) return undefined;
  const members = protoFields(artifact.value, artifact.path);
  const [id] = named(members, 'artifactId');
  const continues = named(fields, 'append').some(({ value: append }) => append === true);
  return { of: wordOf(id?.value), path: artifact.path, continues, text: textIn(members) };
}

function textIn(members: Field[]): string {
  const parts = ['parts', 'content'].flatMap((name) =>
    named(members, name).flatMap(({ value, path }) => [...itemsOf(value, path)]),
  );
  return parts
    .flatMap(({ value }) => (isObject(value) && typeof value.text === 'string' ? value.text : []))
    .join('\n');
}

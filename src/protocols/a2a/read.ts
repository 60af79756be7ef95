/**
 * Where the texts and files of messages, tasks, artifacts and configurations stand, in both versions and both bindings. All
 * other leaves are accounted for as text as well, unless a shape excuses them.
 *
 * | place | read as |
 * |---|---|
 * | `text` of parts | text; those that follow each other as one |
 * | `data` of parts | every leaf |
 * | files: `raw`, `file.bytes`, `fileWithBytes` | by their bytes: text is decoded, media are opaque |
 * | addresses of files: `url`, `file.uri`, `fileWithUri` | text; a `data:` URL as the file in it |
 * | configurations of push notifications | push-config.ts |
 * | agent cards | card.ts |
 */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../../formats/collector.ts';
import { type Field, itemsOf, type Placed } from '../../formats/placed.ts';
import { named, protoFields } from '../../formats/proto-json.ts';
import { isObject, type Piece, type Role } from '../../formats/segment.ts';
import { isCard, readCard } from './card.ts';
import { isPushConfig, PUSH_CONFIGS, readPushConfig } from './push-config.ts';

/** What holds messages, or is one. */
const INNER: ReadonlySet<string> = new Set([
  ...['params', 'result', 'message', 'msg', 'request', 'update', 'task', 'tasks', 'statusUpdate'],
  ...['artifactUpdate', 'status', 'artifact', 'artifacts', 'history', 'configuration'],
]);

/** @param role whose words they are that name no role */
export function readBody(value: unknown, path: Path, role: Role, out: Collector): void {
  if (isCard(value)) readCard(value, path, out);
  if (isPushConfig(value)) readPushConfig({ value, path }, out);
  const fields = protoFields(value, path);
  const speaker = speakerOf(value) ?? role;
  for (const field of fields) {
    if (INNER.has(field.name)) {
      for (const item of itemsOf(field.value, field.path)) readBody(item.value, item.path, speaker, out);
    } else if (field.name === 'parts' || field.name === 'content') readParts(field, speaker, out);
    else if (PUSH_CONFIGS.has(field.name))
      for (const item of itemsOf(field.value, field.path)) readPushConfig(item, out);
  }
}

function speakerOf(value: unknown): Role | undefined {
  const role = isObject(value) ? value.role : undefined;
  if (role === 'user' || role === 'ROLE_USER') return 'user';
  return role === 'agent' || role === 'ROLE_AGENT' ? 'tool' : undefined;
}

/** Texts that follow each other are read on from one to the next. */
function readParts({ value, path }: Placed, role: Role, out: Collector): void {
  let run: Piece[] = [];
  const endRun = () => {
    if (run.length > 0) out.parts(role, 'text', run);
    run = [];
  };
  for (const part of itemsOf(value, path)) {
    const fields = protoFields(part.value, part.path);
    const texts = named(fields, 'text').flatMap(({ value: text, path: at }) =>
      typeof text === 'string' ? [{ text, path: at }] : [],
    );
    if (texts.length === 0) endRun();
    run.push(...texts);
    readFile(fields, role, out);
    for (const field of named(fields, 'file')) readFile(protoFields(field.value, field.path), role, out);
    for (const field of named(fields, 'data')) out.leaves(role, 'document', field.value, field.path);
  }
  endRun();
}

const BYTES: ReadonlySet<string> = new Set(['raw', 'bytes', 'fileWithBytes']);
const ADDRESSES: ReadonlySet<string> = new Set(['url', 'uri', 'fileWithUri']);

function readFile(fields: readonly Field[], role: Role, out: Collector): void {
  const type = fields.find(({ name }) => name === 'mediaType' || name === 'mimeType')?.value;
  for (const { name, value, path } of fields) {
    if (value === null || value === '') continue;
    if (BYTES.has(name)) out.base64(role, 'document', value, type, path);
    else if (ADDRESSES.has(name)) out.url(role, 'document', value, path);
  }
}

/**
 * Configurations of push notifications: where an agent is to send news of a task, and with which credentials.
 *
 * What stands in the place of a credential never goes to AIDR: `token`, `authentication.credentials`, and what an address has
 * before its host. It counts as opaque if it has the form of one, without a blank; anything else in such a place cannot be
 * read. All other places are text, the address among them.
 */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../../formats/collector.ts';
import type { Field, Placed } from '../../formats/placed.ts';
import { named, protoFields } from '../../formats/proto-json.ts';
import { isObject } from '../../formats/segment.ts';

/** Keys under which there is one, or a list of them. */
export const PUSH_CONFIGS: ReadonlySet<string> = new Set([
  ...['pushNotificationConfig', 'taskPushNotificationConfig', 'pushNotification', 'configs'],
]);

/** In 1.0 a request or an answer can be one itself. */
export function isPushConfig(value: unknown): boolean {
  return isObject(value) && typeof value.url === 'string' && ('token' in value || 'authentication' in value);
}

export function readPushConfig({ value, path }: Placed, out: Collector): void {
  const fields = protoFields(value, path);
  for (const field of fields) {
    if (field.name === 'token') readCredential(field, out);
    else if (field.name === 'url') readAddress(field.value, field.path, out);
    // HTTP+JSON of 0.3 has one in the other.
    else if (PUSH_CONFIGS.has(field.name)) readPushConfig(field, out);
  }
  for (const { value: authentication, path: at } of named(fields, 'authentication'))
    for (const field of named(protoFields(authentication, at), 'credentials')) readCredential(field, out);
}

/** Longer than any key or token. */
const MAX_LENGTH = 8192;

function readCredential({ value, path }: Field, out: Collector): void {
  if (typeof value !== 'string' || value === '') return;
  if (value.length <= MAX_LENGTH && /^[\x21-\x7e]+$/.test(value)) out.opaque('encrypted', undefined, path);
  else out.unreadable('not_readable', path);
  out.claim(path);
}

function readAddress(value: unknown, path: Path, out: Collector): void {
  if (typeof value !== 'string' || !hasCredentials(value)) return;
  out.unreadable('not_readable', path);
  out.claim(path);
}

function hasCredentials(address: string): boolean {
  const url = URL.parse(address);
  return url !== null && (url.username !== '' || url.password !== '');
}

/** Entity ids as Kong derives them for a declarative configuration: the same file gives the same ids. */

import { createHash } from 'node:crypto';

/** The one workspace of a Kong without a database. */
export const WORKSPACE_ID = '0dc6f45b-8f8d-40d2-a504-473544ee190b';
const ENTITIES_NAMESPACE = 'fd02801f-0957-4a15-a55a-c8d9606f30b5';
/** Namespace for the parts of a route whose paths are matched apart. */
export const SPLIT_ROUTES_NAMESPACE = '7f145bf9-0dce-4f91-98eb-debbce4b9f6b';

/** The id of an entity: version 5, over the entity's kind and its key. */
export function entityId(kind: string, key: string): string {
  return uuid5(uuid5(ENTITIES_NAMESPACE, kind), key);
}

/** A UUID of version 5 (RFC 9562). */
export function uuid5(namespace: string, name: string): string {
  const hash = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name, 'utf8')
    .digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex', 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

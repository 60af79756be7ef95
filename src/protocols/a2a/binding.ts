/**
 * How a request is bound to HTTP: JSON-RPC, or HTTP+JSON, whose errors look different in 0.3 and in 1.0.
 *
 * @see https://a2a-protocol.org/v1.0.0/specification/#11-httpjsonrest-protocol-binding
 */
import type { RequestHead } from '../protocol.ts';
import { methodOfPath, pathname } from './methods.ts';

export const HTTP_JSON = 'http+json/1.0';
const LEGACY_HTTP_JSON = 'http+json/0.3';

/** @returns undefined for JSON-RPC */
export function bindingOf(head: RequestHead): string | undefined {
  if (methodOfPath(head) === undefined) return undefined;
  return isLegacy(head) ? LEGACY_HTTP_JSON : HTTP_JSON;
}

/** Whether a path ends in what is to be done: `tasks/t-1:cancel`. */
export function isVerb({ path }: RequestHead): boolean {
  return /:[a-z]+$/.test(pathname(path));
}

/** 1.0 has clients name the version; 0.3 has a prefix of its own. */
function isLegacy({ path, headers }: RequestHead): boolean {
  const version = versionIn(headers);
  return version === undefined ? /\/v1\/[^/]/.test(pathname(path)) : version.startsWith('0.');
}

export function versionIn(headers: RequestHead['headers']): string | undefined {
  const version = headers['a2a-version']?.trim();
  return version === '' ? undefined : version;
}

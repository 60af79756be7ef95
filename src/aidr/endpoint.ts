/** Where AIDR's API is. */
import type { ClientIdentity } from '../network/client-identity.ts';

export interface AidrEndpoint {
  /** Without a slash at its end. */
  baseUrl: string;
  origin: string;
  verifyTls: boolean;
  /** The certificate that AIDR gets to see, if it asks for one. */
  identity?: ClientIdentity | undefined;
}

const GUARD_PATH = '/v1/guard_chat_completions';

/** @param baseUrl as the user wrote it: slashes at the end and the path of the call are forgiven */
export function endpointOf(baseUrl: string, verifyTls: boolean, identity?: ClientIdentity): AidrEndpoint {
  const withoutSlash = withoutSlashes(baseUrl.trim());
  const base = withoutSlash.endsWith(GUARD_PATH) ? withoutSlash.slice(0, -GUARD_PATH.length) : withoutSlash;
  return { baseUrl: base, origin: new URL(base).origin, verifyTls, ...(identity ? { identity } : {}) };
}

function withoutSlashes(url: string): string {
  let end = url.length;
  while (url[end - 1] === '/') end--;
  return url.slice(0, end);
}

export function guardUrl({ baseUrl }: AidrEndpoint): string {
  return baseUrl + GUARD_PATH;
}

export function unredactUrl({ baseUrl }: AidrEndpoint): string {
  return `${baseUrl}/v1/unredact`;
}

/** What AIDR's ids look like. Anything else could lead a path somewhere else, and be more than one header or line. */
export function isRequestId(id: unknown): id is string {
  return typeof id === 'string' && /^[\w-]{1,128}$/.test(id);
}

/**
 * Where the result of an accepted call will be. The token goes with the question, so a location on another origin is
 * not followed.
 *
 * @returns undefined when the answer names no usable place
 */
export function pollUrl({ baseUrl, origin }: AidrEndpoint, location: unknown, requestId: unknown) {
  if (typeof location === 'string' && URL.canParse(location)) {
    const url = new URL(location);
    // A blob's origin is that of the URL inside.
    const isHttp = url.protocol === 'https:' || url.protocol === 'http:';
    if (isHttp && url.origin === origin && url.username === '' && url.password === '') return url.href;
  }
  if (isRequestId(requestId)) return `${baseUrl}/request/${requestId}`;
  return undefined;
}

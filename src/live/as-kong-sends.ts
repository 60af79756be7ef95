/**
 * Whether a request has the form in which Kong sends requests. Kong refuses anything else itself, so it would come from another
 * sender, and a provider could read it otherwise than the relay does.
 */
import type { IncomingMessage } from 'node:http';

export function isAsKongSends({
  httpVersionMajor: major,
  httpVersionMinor: minor,
  method = '',
  url = '',
  headers: { 'transfer-encoding': coding },
}: IncomingMessage): boolean {
  return (
    major === 1 &&
    // A provider repeats what `TRACE` brings, a key included.
    method !== 'TRACE' &&
    // An absolute URL makes a provider that is a proxy, too, go elsewhere.
    url.startsWith('/') &&
    (coding === undefined || (minor === 1 && isChunked(coding)))
  );
}

/** Node.js and undici undo this coding only, and take each list that ends with it for no other. */
export function isChunked(transferEncoding: string): boolean {
  return transferEncoding.trim().toLowerCase() === 'chunked';
}

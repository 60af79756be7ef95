/** How work learns that what it holds was given to another caller: it has to end, and must not count as done. */
const REVOKED = new Error('what this work held was given to another caller');

/** Makes a signal abort for that reason. */
export function revoke(controller: AbortController): void {
  controller.abort(REVOKED);
}

/** @param signal perhaps made of several */
export function isRevoked(signal: AbortSignal | undefined): boolean {
  return signal?.reason === REVOKED;
}

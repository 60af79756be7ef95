/**
 * The memory of the bodies that Kong sent to one phase, as the plugin server counts it. A plugin that says which caller they
 * belong to is not refused because of what other callers send. Kong's stock plugin server does not count.
 */
export interface BodyReservation {
  /**
   * Counts the bodies of this phase, and those that are still to come, as this caller's.
   *
   * @returns false when there is no room for them: the request is to be refused
   */
  chargeTo(caller: string): boolean;
  /**
   * Aborts as revoked (fair-share/revocation.ts) when another caller is given what this phase holds: the request is to be
   * refused. Undefined as long as no body is counted. Where nobody asks for it, the plugin server refuses.
   */
  readonly signal: AbortSignal | undefined;
}

/** AIDR as one inspection sees it, wherever that inspection runs. */
import type { Unredacted } from './client.ts';
import type { Vault } from './collector-key.ts';
import type { GuardRequest } from './request.ts';
import type { Inspected } from './verdict.ts';

export interface Aidr {
  openSession(terms: SessionTerms): AidrSession;
}

export interface SessionTerms {
  /** Milliseconds from now, for everything that the session asks. */
  timeout: number;
  /** Whose calls these are, when they have to wait for a connection. */
  caller: string;
  /** Outages let pass what was to be inspected. */
  mayFailOpen: boolean;
  /** Absent outside a phase. */
  vault?: Vault;
  /** Aborts when nobody waits for the verdict any more. */
  signal?: AbortSignal;
}

/** One deadline for all calls of one inspection. */
export interface AidrSession {
  /** The deadline has passed, or nobody waits for the verdict any more. */
  readonly isOver: boolean;
  guard(request: GuardRequest): Promise<Inspected>;
  /**
   * @param data any JSON
   * @param fpeContext of the verdict that encrypted what stands in it
   * @returns the same shape, decrypted
   */
  unredact(data: unknown, fpeContext: string): Promise<Unredacted>;
  /** To be called once, when the inspection is over: aborts what it still asks. */
  end(): AidrUsage;
}

export interface AidrUsage {
  /** HTTP exchanges, retries and polls included. */
  attempts: number;
  /** Milliseconds since the session was opened. */
  elapsedMs: number;
}

/** The refusal of a request by the plugin server itself, in the place of a plugin that cannot answer. */

/** What goes to Kong in answer to HandleEvent and Step: the next PDK call, or `ret`. */
export type Outgoing = { Method: string; Args: unknown[] } | 'ret';

export interface Refusal {
  status: number;
  reason: string;
  /** Seconds. */
  retryAfter?: number;
}

/** This process cannot serve the request now, and may in a moment. */
export const OVERLOADED: Refusal = { status: 503, reason: 'overloaded', retryAfter: 1 };

/** Phases after the answer cannot refuse anything. */
const REFUSING_PHASES = new Set(['rewrite', 'access', 'response']);

/** @param neverRefuses the plugin lets everything pass, whatever happens */
export function refusalCall(
  phase: string,
  neverRefuses: boolean,
  { status, reason, retryAfter }: Refusal,
): Outgoing {
  if (neverRefuses || !REFUSING_PHASES.has(phase)) return 'ret';
  const subject = phase === 'response' ? 'Response' : 'Prompt';
  const body = JSON.stringify({ reason, status: `${subject} could not be inspected by CrowdStrike AIDR` });
  const headers = {
    'Content-Type': 'application/json',
    ...(retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) }),
    // The upstream's coding would make this body unreadable.
    ...(phase === 'response' ? { 'Content-Encoding': 'identity' } : {}),
  };
  return { Method: 'kong.response.exit', Args: [status, body, headers] };
}

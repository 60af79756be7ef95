/** The refusal of a request by the plugin server itself, in the place of a plugin that cannot answer. */

import { replyToAnyone } from '../inspection/refusal/refusal-to-anyone.ts';
import { failure } from '../inspection/refusal/rejection.ts';
import { MARKERS } from '../kong/guard-plugin.ts';

/** What goes to Kong in answer to HandleEvent and Step: the next PDK call, or `ret`. */
export type Outgoing = { Method: string; Args: unknown[] } | 'ret';

/** Why this process does not serve the request. All but `internal` may be over in a moment. */
export const REFUSALS = ['overloaded', 'timeout', 'internal'] as const;

export type RefusalReason = (typeof REFUSALS)[number];

/** Phases after the answer cannot refuse anything. */
const REFUSING_PHASES = new Set(['rewrite', 'access', 'response']);

/** What the client gets: the arguments of `kong.response.exit`. */
export type RefusalExit = [status: number, body: string, headers: Record<string, string>];

/** @param neverRefuses the plugin lets everything pass, whatever happens */
export function refusalExit(
  phase: string,
  neverRefuses: boolean,
  reason: RefusalReason,
): RefusalExit | undefined {
  if (neverRefuses || !REFUSING_PHASES.has(phase)) return undefined;
  const direction = phase === 'response' ? 'response' : 'request';
  const { status, body, headers } = replyToAnyone(failure(direction, { class: reason, detail: '' }));
  // The upstream's coding would make this body unreadable.
  const coding = phase === 'response' ? { 'Content-Encoding': 'identity' } : {};
  return [status, body, { ...headers, ...coding }];
}

/** With the passed-marker by which the guard knows the answer for ours; without it, another plugin's would be refused. */
export function refusalCalls(exit: RefusalExit | undefined): [Outgoing, ...Outgoing[]] {
  if (!exit) return ['ret'];
  return [{ Method: 'kong.ctx.shared.set', Args: [MARKERS.exits, String(exit[0])] }, exitCall(exit)];
}

/** The refusal where nothing but one call can be sent. Below the response plugin the guard refuses in its place. */
export function exitCall(exit: RefusalExit | undefined): Outgoing {
  return exit ? { Method: 'kong.response.exit', Args: exit } : 'ret';
}

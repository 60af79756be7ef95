/** The refusal of a request by the plugin server itself, in the place of a plugin that cannot answer. */

import { type RefusalReply, replyToAnyone } from '../inspection/refusal/refusal-to-anyone.ts';
import { type PhaseFailure, phaseFailure, type Refuser } from '../inspection/refusal/refuser.ts';
import { MARKERS } from '../kong/guard-plugin.ts';

/** What goes to Kong in answer to HandleEvent and Step: the next PDK call, or `ret`. */
export type Outgoing = { Method: string; Args: unknown[] } | 'ret';

/** Phases after the answer cannot refuse anything. */
const REFUSING_PHASES = new Set(['rewrite', 'access', 'response']);

/** What the client gets: the arguments of `kong.response.exit`. */
export type RefusalExit = [status: number, body: string | Uint8Array, headers: Record<string, string>];

/** @param style `rejection_style`; the most discreet one where it is not known, because it may be that one */
export function refuserInStyle(style: unknown, neverRefuses: boolean): Refuser {
  return {
    neverRefuses,
    replyToFailure: (direction, why) => replyToAnyone(phaseFailure(direction, why), style),
  };
}

export function refusalExit(phase: string, refuser: Refuser, why: PhaseFailure): RefusalExit | undefined {
  if (refuser.neverRefuses || !REFUSING_PHASES.has(phase)) return undefined;
  const { status, body, headers } = replyOf(refuser, phase, why);
  // The upstream's coding would make this body unreadable.
  const coding = phase === 'response' ? { 'Content-Encoding': 'identity' } : {};
  return [status, body, { ...headers, ...coding }];
}

function replyOf(refuser: Refuser, phase: string, why: PhaseFailure): RefusalReply {
  const direction = phase === 'response' ? 'response' : 'request';
  try {
    return refuser.replyToFailure(direction, why);
  } catch {
    return refuserInStyle('stealth', false).replyToFailure(direction, why);
  }
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

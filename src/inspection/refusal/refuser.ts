/** What a plugin tells its plugin server: how to refuse requests in its place. Kong's stock plugin server does not ask. */
import type { Direction } from '../../config/schema.ts';
import type { RefusalReply } from './refusal-to-anyone.ts';
import { failure, type Rejection } from './rejection.ts';

/** Why a phase is ended for the plugin. All but `internal` may be over in a moment. */
export const PHASE_FAILURES = ['overloaded', 'timeout', 'internal'] as const;

export type PhaseFailure = (typeof PHASE_FAILURES)[number];

export interface Refuser {
  /** Under `audit` nothing stops traffic: the plugin lets everything pass, whatever happens. */
  readonly neverRefuses: boolean;
  /** What a client gets of which nothing is known. */
  replyToFailure(direction: Direction, why: PhaseFailure): RefusalReply;
}

export function phaseFailure(direction: Direction, why: PhaseFailure): Rejection {
  return failure(direction, { class: why, detail: '' });
}

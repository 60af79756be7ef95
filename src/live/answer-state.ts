/** What the client has of an answer that is inspected in windows, and how the answer goes on. */
import { isRefusal } from '../inspection/policy/decision.ts';
import type { RelayOutcome } from './relayed.ts';

export type AnswerState =
  /** The client has nothing. `read` is all that has arrived: a refusal is still an answer with a status of its own. */
  | { kind: 'held'; read: Uint8Array[] }
  /** The client has a part. */
  | { kind: 'begun' }
  /** AIDR is not asked again: the answer is refused, or its rest passes uninspected. */
  | { kind: 'ending'; decision: RelayOutcome };

export function nothingSent(): AnswerState {
  return { kind: 'held', read: [] };
}

export function afterRelease(state: AnswerState): AnswerState {
  return state.kind === 'held' ? { kind: 'begun' } : state;
}

/** The first reason to end it counts. */
export function endingWith(state: AnswerState, decision: RelayOutcome): AnswerState {
  return state.kind === 'ending' ? state : { kind: 'ending', decision };
}

/** Whether nothing more of the answer is sent. */
export function isRefused(state: AnswerState): boolean {
  switch (state.kind) {
    case 'held':
    case 'begun':
      return false;
    case 'ending':
      return isRefusal(state.decision);
  }
}

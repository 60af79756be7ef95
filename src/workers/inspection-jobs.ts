/** What worker threads do for inspections, and what they ask of the main thread meanwhile: both sides' types. */
import type { AidrCall } from '../aidr/session.ts';
import type { Reply, Sent } from '../aidr/transport.ts';
import type { AnyConfig } from '../config/mcp-schema.ts';
import type { Caller } from '../inspection/calls/metadata.ts';
import type { KeptTurn, KnownTurn, TurnKey } from '../inspection/history/history.ts';
import type { PlainAnswer, PlainBody, RequestCarryOver, UndecidedPrompt } from '../inspection/inspector.ts';
import type { PlainMessages } from '../inspection/messages/message-body.ts';
import type { ProtocolName } from '../protocols/names.ts';

/** By the task's name, what it is given. */
export interface InspectionJobs {
  /** Gives an InspectedPrompt. */
  prompt: { inspectorId: string; body: PlainBody; caller: Caller; tellsUndecided: boolean };
  /** Gives an Inspection. */
  answer: { inspectorId: string; answer: PlainAnswer; caller: Caller; carryOver: RequestCarryOver };
  /** Gives InspectedMessages. */
  messages: { inspectorId: string; body: PlainMessages; caller: Caller };
  /** Gives a StreamPiece, or undefined. */
  piece: {
    bytes: Uint8Array;
    protocol: ProtocolName;
    position: { isFirst: boolean; breaksOff: boolean };
  };
  /** Gives an Inspected. */
  verdict: Reply;
  /** Gives a boolean. */
  asksForStream: { bytes: Uint8Array; path: string };
}

export type Question =
  /** Asked once for each guard: a configuration is the same for all requests on a route. */
  | { kind: 'settings' }
  | { kind: 'recall'; keys: readonly TurnKey[] }
  | { kind: 'undecided'; prompt: UndecidedPrompt }
  | { kind: 'send'; call: AidrCall };

/** By the question's kind, what answers it. */
export interface Answers {
  /** How bodies are read and inspected. */
  settings: AnyConfig;
  recall: readonly (KnownTurn | undefined)[];
  undecided: undefined;
  /** And whether the session's time is over. */
  send: { sent: Sent; hasEnded: boolean };
}

/** What the thread has inspected. */
export interface News {
  turns: readonly KeptTurn[];
}

/** What is inspected at once: the body of a request or an answer, or one event of an answer that streams. */
import type { Direction } from '../../config/schema.ts';
import type { Exchange, PendingRequest, RequestHead } from '../../protocols/protocol.ts';
import type { Inspection } from '../inspector.ts';

/** Whose messages they are, and what is known of them beside their bytes. */
export type Origin =
  | { from: 'client'; head: RequestHead }
  | {
      from: 'server';
      exchange: Exchange;
      status: number;
      contentType: string | undefined;
      /** Whether the request had a body, and so was one that the protocol knows. */
      requestHadBody: boolean;
    };

export function directionOf({ from }: Origin): Direction {
  return from === 'client' ? 'request' : 'response';
}

export interface PlainMessages {
  bytes: Uint8Array;
  origin: Origin;
  /** The bytes are a frame of an event stream. */
  frame?: { isFirst: boolean; breaksOff: boolean };
}

export interface CodedMessages extends PlainMessages {
  /** The `content-encoding` header's value. */
  encoding: string | undefined;
}

export interface InspectedMessages extends Inspection {
  /** Of a request: what its answer is read with. */
  exchange: Exchange;
  /** Headers that repeated what changed in the body, by their names in lower case. */
  headers?: Record<string, string>;
  /** The messages were read, whatever was decided then. */
  isRead?: true;
  /** The ids, in JSON, of the requests that they answer. */
  answers?: string[];
  /** Those of them to which somebody waits for an answer. */
  asks?: PendingRequest[];
}

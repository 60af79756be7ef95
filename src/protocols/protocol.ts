/**
 * The contract of the folders beside this file: how a protocol's messages are read, and how its clients are refused.
 *
 * A body holds one message or several. What goes to the server is read first; what is known of it then (`Exchange`) helps
 * to read what comes back.
 */
import type { JsonDocument } from '../body/json/document.ts';
import type { Path } from '../body/json/edit.ts';
import type { Extraction } from '../formats/segment.ts';
import type { ProtocolName } from './names.ts';

/** As what AIDR is asked about texts. Definitions of tools are always listings. */
export type TextEvent = 'input' | 'output' | 'tool_input' | 'tool_output';

/** What the head of an HTTP request says. */
export interface RequestHead {
  method: string;
  /** As the client sent it, without the query. */
  path: string;
  /** By their names in lower case: those that say something of messages (`TELLING_HEADERS`). */
  headers: Readonly<Record<string, string>>;
}

/** What one message says. */
export interface ReadMessage {
  /** `<protocol>.<kind>` for the record, such as `mcp.tools-call`. */
  name: string;
  /** Of the texts in `found`; its tools are a listing. */
  event: TextEvent;
  found: Extraction;
  /** Absent where nobody waits for an answer to it. */
  request?: PendingRequest;
  /** The id of the request that it answers, in JSON. */
  answers?: string;
}

/** A request that waits for its answer. */
export interface PendingRequest {
  /** In JSON, as it came. */
  id: string;
  /** What answers to it may have in the place of the id, where some clients take both for the same. */
  alike?: string;
  method: string;
  /** The tool that is called. */
  tool?: string;
}

/** A header that repeats what stands in the body. */
export interface Repeated {
  /** In lower case. */
  name: string;
  path: Path;
}

/** What is known of an HTTP request once its body was read. */
export interface Exchange {
  protocol: ProtocolName;
  /** The client reads messages in what its request is answered with. Others, as those of HTTP+SSE, see the status alone. */
  readsReply: boolean;
  pending: readonly PendingRequest[];
  /** How its messages are bound to HTTP, by a name of the protocol's own; absent for JSON-RPC. */
  binding?: string;
  /** Of one event of an answer: what its reader has read before it, if it goes on with that. */
  preceding?: Preceding;
}

/** The end of what was said before a text. */
export interface Preceding {
  text: string;
  /** At or below which the text stands. */
  path: Path;
}

/** A piece of a text that comes in several events. */
export interface StreamPiece {
  /** Of which text. */
  of: string;
  text: string;
  /** At or below which it stands. */
  path: Path;
  /** It goes on where the piece before ended; otherwise it is another beginning. */
  continues: boolean;
}

/** What a client is told of a refusal. */
export interface Refused {
  /** One sentence for people. */
  message: string;
  /** For machines; undefined where the configuration says to tell nothing. */
  data: Readonly<Record<string, string>> | undefined;
  /** Of a JSON-RPC error. */
  errorCode: number;
  /** Of an HTTP response that answers no request. */
  httpStatus: number;
  /** Of an HTTP response that answers a request. */
  answerStatus: number;
  /** Content was blocked, and is to be told as an answer where the protocol has one that can say it. */
  isTold: boolean;
}

export interface RefusedReply {
  status: number;
  /** JSON. */
  body: string;
  /** The name of the event that tells it in a stream, where it is not `message`. */
  event?: string;
}

export interface Protocol {
  readonly name: ProtocolName;
  /** For `auto`: whether a request is one of this protocol's. */
  recognises(head: RequestHead, value: unknown): boolean;
  /** All events of a stream are one answer: none is the last before the stream ends, and one that is refused ends it. */
  readonly streamsAnswers?: true;
  /** @returns what an event adds to a text that may go on in later events */
  pieceIn?(value: unknown): StreamPiece | undefined;
  /** @returns what the head of a request alone says of its exchange, in place of what is usual */
  opening?(head: RequestHead): Partial<Omit<Exchange, 'protocol'>>;
  /** @returns undefined for what is no message of this protocol */
  readRequest(document: JsonDocument, head: RequestHead): ReadMessage[] | undefined;
  /**
   * @param document an answer's body, or one event of a stream
   * @returns undefined for what is no message of this protocol
   */
  readAnswer(document: JsonDocument, exchange: Exchange): ReadMessage[] | undefined;
  /** @returns undefined where a header says something else than the body */
  repeatedBy?(value: unknown, head: RequestHead): Repeated[] | undefined;
  /** @returns a text as a header that repeats it has it */
  headerValue?(text: string): string;
  /**
   * @param pending the requests that are answered; none where the body could not be read
   * @param binding as in `Exchange`
   */
  refusal(refused: Refused, pending: readonly PendingRequest[], binding?: string): RefusedReply;
}

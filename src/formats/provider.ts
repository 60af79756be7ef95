/** A provider as one unit: the contract of the folders beside this file. Each has an `index.ts` with one of these. */
import type { BodyFormat } from './format.ts';
import type { ApiRefusals } from './refusal-contract.ts';
import type { JsonObject } from './segment.ts';
import type { BinaryStreamEnd, StreamEnd } from './stream-end-contract.ts';

export interface Provider<Name extends string = string> {
  /** The value of `upstream_llm.provider`. */
  readonly name: Name;
  /** The name that AIDR's console shows, sent as `llm_provider` where the configuration names none. */
  readonly displayName: string;
  /** The values of `upstream_llm.api_uri` beside `auto`, and what the bodies of each are read by. */
  readonly apiUris: Readonly<Record<string, readonly BodyFormat[]>>;
  /** Formats without an `api_uri` of their own: `auto` tries them too, and a path can name them. */
  readonly otherFormats?: readonly BodyFormat[];
  /** It hands on what others say, so that every other provider's formats are tried as well. */
  readonly isGateway?: true;
  /** What its paths say of the body. They count on every route: most routes forward every path. */
  readonly endpoints?: readonly Endpoint[];
  /** Others whose servers speak like this provider, and have endpoints of their own beside that. */
  readonly servers?: readonly Server[];
  /** Finds the models in a path, each as its only group; global, for a path can be read as several. */
  readonly modelInPath?: RegExp;
  /** Whether what stands in the model's place is a prompt that the provider keeps, and nobody here can read. */
  readonly isStoredPrompt?: (model: string) => boolean;
  /** How a request asks for a stream. */
  readonly streamRequest?: StreamRequest;
  /** How a request asks for media that nothing but media can answer. */
  readonly mediaRequest?: MediaRequest;

  // How its clients are told of a refusal: before anything was sent, and where a stream is broken off.

  /** One entry an API; the first is for what belongs to none of them. */
  readonly refusals?: readonly ApiRefusals[];
  /** One entry an API. */
  readonly streamEnds?: readonly StreamEnd[];
  /** Of its streams in frames that are no text. */
  readonly binaryStreamEnd?: BinaryStreamEnd;
}

/** Whoever puts it behind a route configures the provider that it speaks like. */
export interface Server {
  readonly displayName: string;
  readonly endpoints: readonly Endpoint[];
  /** Read by their bodies, too: a route can hide the path. */
  readonly formats: readonly BodyFormat[];
  readonly mediaRequest?: MediaRequest;
  /** As a provider's, where its clients read something else. */
  readonly refusals?: readonly ApiRefusals[];
  readonly streamEnds?: readonly StreamEnd[];
}

export interface Endpoint {
  /** As the provider's documentation writes them. */
  readonly names: readonly string[];
  /**
   * Matches the end of the path: what stands before it depends on the route. No place is read on from to the end without need:
   * where a path repeats what is looked for, there are many.
   */
  readonly path: RegExp;
  /** What reads its bodies; none where they have no text. */
  readonly formats: readonly BodyFormat[];
  /** Its requests may be lists: everywhere else, a list is no request. */
  readonly takesList?: true;
  /** Its answers are no JSON: media, which are opaque, or files and transcripts, whose bytes say what they are. */
  readonly answers?: 'media' | 'file';
  /** Why it is refused before the provider is asked, unless `on_uninspectable` lets it pass. */
  readonly refused?: EndpointRefusal;
}

export interface EndpointRefusal {
  /**
   * `unread_prompt`, `unread_answer`: no format reads what it takes, or what it answers. `around_kong`: it gives the client what
   * it needs for a conversation that Kong does not see.
   */
  readonly why: 'unread_prompt' | 'unread_answer' | 'around_kong';
  /** An endpoint that does the same and is read, as its documentation writes it. */
  readonly instead: string;
}

export interface StreamRequest {
  /** Paths whose answers are streams. */
  readonly path?: RegExp;
  /** Whether the body asks for one. */
  readonly asks?: (body: JsonObject) => boolean;
  /** Whether the body may have asked for one: for providers that are lenient. */
  readonly mayAsk?: (body: JsonObject) => boolean;
}

export interface MediaRequest {
  /** Paths whose answers are media. */
  readonly path?: RegExp;
  /** Whether the body asks for nothing else. */
  readonly asks?: (body: JsonObject) => boolean;
}

/** What most providers take for the wish for a stream. */
export function hasStreamFlag(body: JsonObject): boolean {
  return body.stream === true;
}

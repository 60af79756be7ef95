/** What a body format finds in a body. */
import type { Path } from '../body/json/edit.ts';
import type { Trace } from './trace.ts';

export type Role = 'system' | 'user' | 'assistant' | 'tool';

export type SegmentKind =
  | 'text'
  | 'refusal'
  | 'reasoning'
  | 'tool_arguments'
  | 'tool_result'
  | 'document'
  | 'document_title'
  | 'document_context'
  /** A quotation of, or a note on, some other text: citations, annotations, search queries. */
  | 'citation'
  /** What a model calls something by, such as a tool: a name, which it can fill with any words. */
  | 'label';

/** Where a text stands in the body. */
export interface TextLocation {
  path: Path;
  /** The text is not what stands at `path`, but what these steps name of it; it cannot be written back. */
  inner?: Path;
  /** The string at `path` is everything from the first piece to this one. */
  isCumulative?: true;
  /** A number stands at `path`: whatever hides some of it is a string. */
  isNumber?: true;
  /** The string at `path` is this prefix and the text's UTF-8 bytes in base64. */
  base64After?: string;
}

export interface Piece extends TextLocation {
  text: string;
  /** Where the piece alone stands again. */
  copies?: TextLocation[];
}

/** Something that repeats parts of a segment; it goes when the segment is changed. */
export interface Derived {
  path: Path;
  /** What stands there instead. */
  json: string;
}

export type DerivedGroup = readonly Derived[];

/** One piece of text for AIDR. */
export interface Segment {
  role: Role;
  kind: SegmentKind;
  /** What its reader reads: the pieces joined, and the escapes of JSON in them undone. */
  text: string;
  /** The pieces joined, where that is not what their reader reads. */
  raw?: string;
  /** What its reader has read right before it, in another event: AIDR reads it with the text, and nothing of it changes. */
  before?: string;
  /** What the pieces are joined by, where that is not nothing. */
  separator?: string;
  /** Where it stands: several pieces where the reader sees a text as one that the body cuts up. */
  pieces: Piece[];
  /** Where the whole text stands again. */
  copies: TextLocation[];
  /** In groups that segments share: an answer of thousands of texts can have thousands of places that repeat them all. */
  derived: readonly DerivedGroup[];
  /** In a stream: no later event tells more of it. */
  isWhole?: boolean;
  /** Which of an answer's choices it belongs to: those are written at the same time, the texts of one are not. */
  choice?: string | number;
  /** No format says where in the conversation it belongs, so it never counts as an earlier turn. */
  isOutsideConversation?: boolean;
  /** Of a tool's arguments: the call that they belong to, which all of that call's arguments share. */
  call?: ToolCall;
  /** Of the prose of a schema: which one, which all of its prose share. */
  definition?: Definition;
  /** Why it cannot be changed without breaking what carries it. */
  immutableBecause?: 'signature' | 'escapes' | 'label' | 'frame' | 'key' | 'hidden' | 'id';
}

/** What defines something for the model and is no message: a schema. */
export interface Definition {
  path: Path;
}

/** One call of a tool, in so far as a format tells the calls of a body apart. */
export interface ToolCall {
  /** Which tool, in reading order: its name, and what it is a part of, such as a server. */
  names: string[];
  /** What was read as its arguments, and where: one value in most APIs. None in a stream that brings them in pieces. */
  inputs?: ToolInput[];
}

export interface ToolInput {
  value: unknown;
  path: Path;
}

/** A tool that the model is offered, in OpenAI's form, and where its parts stand in the body. */
export interface ToolDefinition {
  name: string;
  description?: string;
  parameters?: unknown;
  places: { name: Path; description: Path; parameters: Path };
}

/** Everything in one body that can carry text, in reading order. */
export interface Extraction {
  segments: Segment[];
  tools: ToolDefinition[];
  /** Media and references whose content is not in the body as text. */
  opaque: number;
  /** Parts that may hold text in a form nobody here can read, such as token arrays. */
  unreadable: number;
  /** There are more texts than can be inspected; those found are not all. */
  isTooMuch: boolean;
  /** Not every leaf of the body was looked at: a mistake of ours. */
  isUnaccounted?: true;
  /** A string of JSON has more values than can be read, or stands deeper. */
  hasTooManyValues?: true;
  /** In a stream: what follows may show that the texts are others, so more than one way to read it was found. */
  isUndecided?: true;
  model?: string;
  /** Only where a tool asked for it (trace.ts). */
  trace?: Trace;
}

export type JsonObject = { [key: string]: unknown };

/**
 * What an id, an enumeration or a number says. Nothing for lists and objects: JavaScript would ask them for their
 * `toString`, which in JSON can be anything.
 */
export function wordOf(value: unknown): string {
  return typeof value === 'object' ? '' : String(value ?? '');
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

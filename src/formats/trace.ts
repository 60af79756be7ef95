/**
 * Why a reader took something for no text, place by place. Only a tool that explains a body to people asks for it: nobody
 * else pays for it, and there is no second reader that could say something else.
 */
import type { Path } from '../body/json/edit.ts';

/** Why a place is no text, or none that can be read; words for people are made of it elsewhere. */
export type TraceReason =
  | 'boolean'
  | 'null'
  | 'empty'
  | 'short_number'
  /** The same words are a key of the body, and AIDR is told those. */
  | 'told'
  /** The name of a tool, which is told with its definition. */
  | 'offered'
  | 'word'
  | 'count'
  | 'time'
  | 'duration'
  | 'id'
  | 'pattern'
  | 'signature'
  | 'media_type'
  | 'language'
  | 'model'
  | 'media'
  | 'encrypted'
  | 'reference'
  | 'tokens'
  | 'not_readable';

export interface Traced {
  /** Absent where only a count is known, as of some streams. */
  path?: Path;
  why: TraceReason;
  /** What stands there, where it says nothing. */
  value?: string | number | boolean | null;
}

export interface Trace {
  /** What says nothing at its place. */
  inert: Traced[];
  /** Media, what is encrypted, and references: what `on_opaque` is about. */
  opaque: Traced[];
  /** What may be text in a form that cannot be read. */
  unreadable: Traced[];
}

let readers = 0;

/** Whatever is read until `run` is done has a trace. */
export async function withTraces<Result>(run: () => Promise<Result>): Promise<Result> {
  readers++;
  try {
    return await run();
  } finally {
    readers--;
  }
}

/** @returns undefined unless somebody wants to know */
export function newTrace(): Trace | undefined {
  return readers > 0 ? { inert: [], opaque: [], unreadable: [] } : undefined;
}

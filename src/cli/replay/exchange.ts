/** One recorded request with its answer, wherever it was recorded. */

export interface RecordedAnswer {
  status: number;
  /** By names in lower case. */
  headers: ReadonlyMap<string, string>;
  /** Undefined where it was not recorded. */
  body: Uint8Array | undefined;
}

export interface Exchange {
  /** Where it stands in what was read: `entry 3`, `line 7`, the name of a file. */
  position: string;
  /** Milliseconds since 1970. */
  at?: number | undefined;
  method: string;
  host: string;
  /** Without a query. */
  path: string;
  headers: ReadonlyMap<string, string>;
  /** Undefined where it was not recorded. */
  body: Uint8Array | undefined;
  answer: RecordedAnswer | undefined;
  /** What Kong knew. */
  kong?: KongsWord;
}

export interface KongsWord {
  route?: string | undefined;
  service?: string | undefined;
  username?: string | undefined;
  customId?: string | undefined;
  ip?: string | undefined;
  /** What the plugins themselves recorded then, by direction. */
  recorded?: Partial<Record<'request' | 'response', Record<string, unknown>>>;
}

/** What an input holds, one after the other: something broken stops nothing. */
export type ReplayItem =
  | { kind: 'exchange'; exchange: Exchange }
  | { kind: 'broken'; position: string; why: BrokenWhy };

export type BrokenWhy = 'not_json' | 'not_an_exchange' | 'too_large' | 'cut_off';

/** Bytes of one entry or line: bodies of the largest size that the plugins take, written as JSON. */
export const MAX_ITEM = 67_108_864;

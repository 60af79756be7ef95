/** What is fuzzed: inputs, and what has to hold for each of them. */
import type { Arbitrary } from 'fast-check';

export interface Target<Input> {
  name: string;
  inputs: Arbitrary<Input>;
  /** The input as it would have to be fed in to see the same again: JSON, bytes in base64. */
  show(input: Input): string;
  /** Whatever the checks need: a process, a server. */
  start(): Promise<Trial<Input>>;
}

export interface Trial<Input> {
  /** Throws where something does not hold. */
  check(input: Input): void | Promise<void>;
  /** How time grows with the size of the input. */
  growth?: Growth;
  stop?(): Promise<void>;
}

/** Inputs of any size: pieces, one after the other, of which some are repeated. */
export interface Growth {
  pieces: readonly string[];
  read(body: Uint8Array): void;
}

/** Something that does not hold. */
export interface Finding {
  /** Of the case: with it as the run's seed, this is the first case. */
  seed: number;
  message: string;
  /** The smallest input that was found to show it. */
  input: string;
}

export interface Result {
  target: string;
  cases: number;
  seconds: number;
  /** Milliseconds of the slowest check. */
  slowest: number;
  findings: Finding[];
}

/** What a benchmark finds out: tables of numbers, each under the question that it answers. */
export interface Table {
  title: string;
  /** How to read it: what was done and what the words in it mean. */
  note?: string;
  rows: Row[];
}

/** A line of a benchmark's table: what was measured, and its numbers by name and unit. */
export interface Row {
  case: string;
  [measure: string]: string | number;
}

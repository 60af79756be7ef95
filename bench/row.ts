/** A line of a benchmark's table: what was measured, and its numbers by name and unit. */
export interface Row {
  case: string;
  [measure: string]: string | number;
}

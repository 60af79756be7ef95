/** What a check has to say, and how it is printed. */

export type Level = 'error' | 'warning' | 'info';

/** No value of a configuration stands in any of it: values can be secrets. */
export interface Finding {
  level: Level;
  /** The file, and the entity or setting in it. */
  place: string;
  problem: string;
  /** How to mend it; absent where the problem says so itself. */
  remedy?: string;
}

export function line(finding: Finding): string {
  return `${finding.level}  ${sentence(finding)}`;
}

/** One line, whatever characters a name is made of. */
export function sentence({ place, problem, remedy }: Finding): string {
  return `${place}: ${problem}${remedy ? ` (${remedy})` : ''}`.replace(/\p{Cc}+/gu, ' ');
}

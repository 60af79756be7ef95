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

/** One line, whatever characters a name is made of. */
export function line({ level, place, problem, remedy }: Finding): string {
  const text = `${level}  ${place}: ${problem}${remedy ? ` (${remedy})` : ''}`;
  return text.replace(/\p{Cc}+/gu, ' ');
}

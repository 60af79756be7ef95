/** What a check has to say, and how it is printed. */
import type { Code } from './codes.ts';
import type { Place } from './place.ts';

export type Level = 'error' | 'warning' | 'info';

/** No value of a configuration stands in any of it: values can be secrets. */
export interface Finding {
  /** The same for the same kind of problem in every version, for programs. */
  code: Code;
  level: Level;
  place: Place;
  problem: string;
  /** How to mend it. */
  remedy: string;
  /** A configuration that mends it, for people to complete. */
  recipe?: string;
}

/** One line, and its recipe below it. */
export function line(finding: Finding): string {
  const { file, path, position } = finding.place;
  const place = `${file}:${position.line}:${position.column}${path === '' ? '' : ` ${path}`}`;
  const text = oneLine(
    `${finding.level}  ${place}: ${finding.problem} (${finding.remedy}) [${finding.code}]`,
  );
  return finding.recipe === undefined ? text : `${text}\n${indented(finding.recipe)}`;
}

export function sentence({ place, problem, remedy }: Finding): string {
  return oneLine(`${place}: ${problem} (${remedy})`);
}

/** Whatever characters a name is made of. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}

function indented(text: string): string {
  return text.trimEnd().replace(/^(?=.)/gm, '    ');
}

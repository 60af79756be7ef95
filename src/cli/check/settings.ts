/** Kong's own settings: `kong.conf` and the `KONG_…` variables that override it. */
import { Place } from './place.ts';

export interface Settings {
  /** @param name as in `kong.conf` */
  get(name: string): string | undefined;
  /** Where a setting stands, or where it could. */
  place(name: string): Place;
}

/** One source: its name for findings, its values by their names in `kong.conf`, and how it spells those names. */
export interface SettingsSource {
  file: string;
  values: ReadonlyMap<string, string>;
  /** In which line a value stands, where there are lines. */
  lines?: ReadonlyMap<string, number>;
  spell(name: string): string;
}

/** @param sources in rising precedence */
export function settingsOf(sources: [SettingsSource, ...SettingsSource[]]): Settings {
  const sourceOf = (name: string) => sources.findLast(({ values }) => values.has(name));
  return {
    get: (name) => sourceOf(name)?.values.get(name),
    place: (name) => {
      const { file, lines, spell } = sourceOf(name) ?? sources[0];
      return new Place(file, spell(name), { line: lines?.get(name) ?? 1, column: 1 });
    },
  };
}

/** Kong's dialect: `\` at the end joins lines, ` #` begins a comment, `\#` is a number sign. */
export function readKongConf(text: string, file: string): SettingsSource {
  const values = new Map<string, string>();
  const lines = new Map<string, number>();
  for (const { line, number } of joinedLines(text)) {
    const equals = line.indexOf('=');
    if (equals < 1) continue;
    const name = line.slice(0, equals).trim().toLowerCase();
    const value = line.slice(equals + 1).trim();
    const uncommented = value.replace(/\s*(?<!\\)#.*$/, '').replaceAll('\\#', '#');
    if (uncommented === '') continue;
    values.set(name, uncommented);
    lines.set(name, number);
  }
  return { file, values, lines, spell: (name) => name };
}

/** Each with the number of its first line. */
function joinedLines(text: string): { line: string; number: number }[] {
  const joined: { line: string; number: number }[] = [];
  let isContinued = false;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (!/\S/.test(line) || /^\s*[;#]/.test(line)) continue;
    const last = joined.at(-1);
    const part = line.replace(/\\[ \t]*$/, '');
    if (isContinued && last) last.line += part;
    else joined.push({ line: part, number: index + 1 });
    isContinued = part !== line;
  }
  return joined;
}

export function readEnvironment(env: Readonly<Record<string, string | undefined>>): SettingsSource {
  const values = new Map<string, string>();
  for (const [variable, value] of Object.entries(env)) {
    if (variable.startsWith('KONG_') && value !== undefined)
      values.set(variable.slice('KONG_'.length).toLowerCase(), value.trim());
  }
  return { file: 'environment', values, spell: (name) => `KONG_${name.toUpperCase()}` };
}

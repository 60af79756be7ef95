/** Kong's own settings: `kong.conf` and the `KONG_…` variables that override it. */

export interface Settings {
  /** @param name as in `kong.conf` */
  get(name: string): string | undefined;
  /** Where a setting stands, or where it could. */
  place(name: string): string;
}

/** One source: its name for findings, its values by their names in `kong.conf`, and how it spells those names. */
export interface SettingsSource {
  place: string;
  values: ReadonlyMap<string, string>;
  spell(name: string): string;
}

/** @param sources in rising precedence */
export function settingsOf(sources: [SettingsSource, ...SettingsSource[]]): Settings {
  const sourceOf = (name: string) => sources.findLast(({ values }) => values.has(name));
  return {
    get: (name) => sourceOf(name)?.values.get(name),
    place: (name) => {
      const source = sourceOf(name) ?? sources[0];
      return `${source.place} ${source.spell(name)}`;
    },
  };
}

/** Kong's dialect: `\` at the end joins lines, ` #` begins a comment, `\#` is a number sign. */
export function readKongConf(text: string, place: string): SettingsSource {
  const values = new Map<string, string>();
  for (const line of joinedLines(text)) {
    const equals = line.indexOf('=');
    if (equals < 1) continue;
    const name = line.slice(0, equals).trim().toLowerCase();
    const value = line.slice(equals + 1).trim();
    const uncommented = value.replace(/\s*(?<!\\)#.*$/, '').replaceAll('\\#', '#');
    if (uncommented !== '') values.set(name, uncommented);
  }
  return { place, values, spell: (name) => name };
}

function joinedLines(text: string): string[] {
  const lines = text.split(/\r?\n/).filter((line) => /\S/.test(line) && !/^\s*[;#]/.test(line));
  return lines
    .join('\n')
    .replace(/\\[ \t]*\n/g, '')
    .split('\n');
}

export function readEnvironment(env: Readonly<Record<string, string | undefined>>): SettingsSource {
  const values = new Map<string, string>();
  for (const [variable, value] of Object.entries(env)) {
    if (variable.startsWith('KONG_') && value !== undefined)
      values.set(variable.slice('KONG_'.length).toLowerCase(), value.trim());
  }
  return { place: 'environment', values, spell: (name) => `KONG_${name.toUpperCase()}` };
}

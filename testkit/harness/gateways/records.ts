/** Kong's own file-log, which writes down what every log plugin gets. */
import { parse, stringify } from 'yaml';
import type { LogRecord } from './driver.ts';

interface Plugin {
  name: string;
  config?: object;
}

/** @returns the configuration with the plugin on every route; one that it has already writes there as well */
export function withFileLog(configuration: string, path: string): string {
  const { plugins = [], ...rest }: { plugins?: Plugin[] } = parse(configuration);
  const own = plugins.find(({ name }) => name === 'file-log');
  const others = plugins.filter((plugin) => plugin !== own);
  return stringify({
    ...rest,
    plugins: [...others, { name: 'file-log', config: { ...own?.config, path } }],
  });
}

/** @param text in which each record is a line, among others perhaps; one without its end is still being written */
export function recordsIn(text: string): LogRecord[] {
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}

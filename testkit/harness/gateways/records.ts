/** Kong's own file-log, which writes down what every log plugin gets. */
import { parse, stringify } from 'yaml';
import type { LogRecord } from './driver.ts';

/** @returns the configuration with the plugin on every route */
export function withFileLog(configuration: string, path: string): string {
  const { plugins = [], ...rest } = parse(configuration);
  return stringify({ ...rest, plugins: [...plugins, { name: 'file-log', config: { path } }] });
}

/** @param text in which each record is a line, among others perhaps; one without its end is still being written */
export function recordsIn(text: string): LogRecord[] {
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}

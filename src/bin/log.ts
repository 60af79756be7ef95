/** What the plugin server says on its standard error, as text or as one JSON object a line. */
import { type ToldLine, useLineSink } from '../inspection/report/line-sink.ts';

export type LogFormat = 'text' | 'json';

let format: LogFormat = 'text';

/** With JSON also the lines go there that the plugins write into Kong's log. */
export function useLogFormat(wanted: LogFormat): void {
  format = wanted;
  if (wanted === 'json') useLineSink(logLine);
}

/** Kong logs this at `info`; what an operator must see goes through `kong.log` inside a phase. */
export function log(message: string, level: Level = 'info'): void {
  if (format === 'text') process.stderr.write(`aidr-pluginserver: ${message}\n`);
  else write({ level, source: 'aidr-pluginserver', message });
}

type Level = 'info' | 'error';

function logLine({ level, plugin, text, requestId }: ToldLine): void {
  const known = requestId === undefined ? {} : { kong_request_id: requestId };
  write({ level: LEVELS[level], source: plugin, message: text, ...known });
}

/** As most programs call them. */
const LEVELS = { err: 'error', warn: 'warn', notice: 'notice' } as const;

function write(line: Readonly<Record<string, string>>): void {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), ...line })}\n`);
}

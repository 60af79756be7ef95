/** What the plugin server says on its standard error or in a file, as text or as one JSON object a line. */
import { type ToldLine, useLineSink } from '../inspection/report/line-sink.ts';
import { codeOf } from '../pluginserver/unix-socket.ts';
import { LogFile } from './log-file.ts';

export type LogFormat = 'text' | 'json';

let format: LogFormat = 'text';
/** Undefined: standard error. */
let file: LogFile | undefined;

/** With JSON also the lines go there that the plugins write into Kong's log. */
export function useLogFormat(wanted: LogFormat): void {
  format = wanted;
  if (wanted === 'json') useLineSink(logLine);
}

/** In a container `/proc/1/fd/1` is what its log shows, too. What cannot be opened stops nothing. */
export function useLogFile(path: string): void {
  try {
    file = new LogFile(path);
  } catch (error) {
    log(`--log-file ${path}: it cannot be opened: ${codeOf(error)}; lines go to standard error`, 'error');
  }
}

/** Kong logs this at `info`; what an operator must see goes through `kong.log` inside a phase. */
export function log(message: string, level: Level = 'info'): void {
  if (format === 'text') put(`aidr-pluginserver: ${message}\n`);
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
  put(`${JSON.stringify({ time: new Date().toISOString(), ...line })}\n`);
}

function put(line: string): void {
  if (file) file.append(line);
  else process.stderr.write(line);
}

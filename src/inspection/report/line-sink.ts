/** Where lines of Kong's log go besides, if the operator wants them in a form that programs read. */

export interface ToldLine {
  level: 'err' | 'warn' | 'notice';
  plugin: string;
  text: string;
  /** Kong's, where the line is about one request and it is known. */
  requestId?: string | undefined;
}

let sink: ((line: ToldLine) => void) | undefined;

export function useLineSink(tell: (line: ToldLine) => void): void {
  sink = tell;
}

export function tellLine(line: ToldLine): void {
  sink?.(line);
}

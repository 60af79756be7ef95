/** The table of what happened. */
import { stripVTControlCharacters } from 'node:util';
import type { Ran } from './run-agent.ts';

export interface Row extends Ran {
  agent: string;
  case: string;
  /** Answers that the provider wrote. */
  generations: number;
  aidrCalls: number;
  /** Requests to the provider with words in them that must not leave. */
  leaks: number;
}

export function markdownOf(rows: readonly Row[]): string {
  const lines = rows.map(
    ({ agent, case: name, exitCode, seconds, generations, aidrCalls, leaks, printed }) => {
      const end = exitCode === undefined ? `stopped after ${Math.round(seconds)} s` : String(exitCode);
      return `| ${agent} | ${name} | ${end} | ${generations} | ${aidrCalls} | ${leaks} | ${wordsOf(printed)} |`;
    },
  );
  return [
    '| client | case | exit code | generations | AIDR calls | leaks | words on the screen |',
    '|---|---|---|---|---|---|---|',
    ...lines,
  ].join('\n');
}

const MAX_WORDS = 200;
/** Characters before the words that tell, among which their message begins. */
const MAX_BEFORE = 500;

/** What tells the user why, what tells that something is wrong; else the end is shown. */
const TELLING = [/CrowdStrike AIDR/, /status code|\berror\b/i];

/** @returns the first words of the message that tells why, or the last of all */
function wordsOf(printed: string): string {
  const text = stripVTControlCharacters(printed).replace(/\s+/g, ' ').trim();
  const at = TELLING.map((telling) => text.search(telling)).find((found) => found !== -1);
  const start = at === undefined ? Math.max(0, text.length - MAX_WORDS) : beginOfMessage(text, at);
  return text
    .slice(start, start + MAX_WORDS)
    .replaceAll('|', '\\|')
    .replaceAll('`', "'");
}

function beginOfMessage(text: string, at: number): number {
  const from = Math.max(0, at - MAX_BEFORE);
  const begins = [...text.slice(from, at).matchAll(/(?:API )?\berror:|unexpected status|\{"/gi)];
  return from + (begins.at(-1)?.index ?? at - from);
}

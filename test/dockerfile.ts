/** What the Dockerfile says, by stages and instructions. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

/** The instructions of each stage, without comments, continued lines joined. */
export async function dockerfileStages(): Promise<string[][]> {
  const text = await readFile(resolve(import.meta.dirname, '../Dockerfile'), 'utf8');
  const instructions = text
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line !== '');
  const starts = instructions.flatMap((line, index) => (line.startsWith('FROM ') ? [index] : []));
  return starts.map((start, index) => instructions.slice(start, starts[index + 1]));
}

/** What makes the image out of its base. */
export async function finalStage(): Promise<string[]> {
  return (await dockerfileStages()).at(-1) ?? [];
}

/** The variables that every container of the image gets. */
export async function imageEnvironment(): Promise<Record<string, string>> {
  const own = (await finalStage()).filter((line) => line.startsWith('ENV ')).join(' ');
  const each = own.matchAll(/(\w+)=(?:"((?:[^"\\]|\\.)*)"|(\S+))/g);
  const plain = (quoted: string) => quoted.replace(/\\(["$\\])/g, '$1');
  return Object.fromEntries(
    [...each].map(([, name, quoted, bare]) => [name, quoted === undefined ? bare : plain(quoted)]),
  );
}

/** The command of the image's health check. */
export async function imageHealthCheck(): Promise<string | undefined> {
  const lines = (await finalStage()).map((line) => /^HEALTHCHECK .*? CMD (.*)$/.exec(line));
  return lines.find((line) => line !== null)?.[1];
}

/**
 * The code of a documentation page. The info string of each ```sh block says what becomes of it: `sh test` is run by
 * documentation.test.ts, `sh needs=database` by postgres.test.ts, the blocks of docs/evaluate.md by evaluation.test.ts; what
 * `needs` anything else is run by none.
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

/** The tag of the blocks for a Kong with a database. */
export const RUN_BY_POSTGRES_TEST = 'needs=database';

/** The tags of the blocks of docs/evaluate.md that are run, and of those for which the test does the same without Docker. */
export const RUN_BY_EVALUATION_TEST = ['needs=evaluation', 'needs=reload', 'needs=kill'] as const;

interface Block {
  /** The file's, of the first line of code. */
  line: number;
  /** What stands after the language. */
  tag: string;
  text: string;
}

/** @param page path from the repository's top folder */
export function shellBlocks(page: string): Promise<Block[]> {
  return codeBlocks(page, 'sh');
}

/** Blocks in a list are indented, and lose that indentation here. */
export async function codeBlocks(page: string, language: string): Promise<Block[]> {
  const text = await readFile(resolve(import.meta.dirname, '..', page), 'utf8');
  const blocks = text.matchAll(new RegExp(`^( *)\`\`\`${language}\\b(.*)\\n([\\s\\S]*?)^ *\`\`\`$`, 'gm'));
  return [...blocks].map(({ index, 1: indent = '', 2: tag = '', 3: code = '' }) => ({
    line: text.slice(0, index).split('\n').length + 1,
    tag: tag.trim(),
    text: code.replace(new RegExp(`^${indent}`, 'gm'), ''),
  }));
}

/**
 * The commands of a documentation page. The info string of each ```sh block says what becomes of it: `sh test` is run by
 * documentation.test.ts, `sh needs=database` by postgres.test.ts; what `needs` anything else is run by none.
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

/** The tag of the blocks for a Kong with a database. */
export const RUN_BY_POSTGRES_TEST = 'needs=database';

interface Block {
  /** The file's, of the first command. */
  line: number;
  /** What stands after ```sh. */
  tag: string;
  commands: string;
}

/** @param page path from the repository's top folder */
export async function shellBlocks(page: string): Promise<Block[]> {
  const text = await readFile(resolve(import.meta.dirname, '..', page), 'utf8');
  return [...text.matchAll(/^```sh(.*)\n([\s\S]*?)^```$/gm)].map(
    ({ index, 1: tag = '', 2: commands = '' }) => ({
      line: text.slice(0, index).split('\n').length + 1,
      tag: tag.trim(),
      commands,
    }),
  );
}

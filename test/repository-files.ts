/** The files of a folder of this repository, and its pages. */
import { readdir } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');

/** @returns paths from the repository's top folder, sorted */
export async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(root, join(parentPath, name)))
    .sort();
}

/** Everything that is written to be read. */
export async function pages(): Promise<string[]> {
  const top = (await readdir(root)).filter((name) => name.endsWith('.md'));
  return [...top.sort(), ...(await filesUnder('docs')).filter((file) => file.endsWith('.md'))];
}

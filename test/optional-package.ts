/**
 * npm packages that a few checks need and nothing else does: published schemas, mostly. `.ci/run` installs them into a
 * folder of their own, which `OPTIONAL_MODULES` names; a check without its package is skipped, and says so.
 */
import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

const FOLDERS = [
  resolve(import.meta.dirname, '../node_modules'),
  ...(process.env.OPTIONAL_MODULES ?? '').split(delimiter).filter((folder) => folder !== ''),
];

/** @returns undefined where it is not installed */
export function optionalPackage(name: string): string | undefined {
  return FOLDERS.map((folder) => join(folder, name)).find((folder) => existsSync(folder));
}

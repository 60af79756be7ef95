/** Files that hold secrets, which only this process's user and group may read. */
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';

export class SecretFileError extends Error {
  override readonly name = 'SecretFileError';
}

/** Permissions of those who are neither the owner nor in the group. */
const OTHERS = 0o007;

/**
 * @param option that named the file, for the error
 * @throws SecretFileError when it cannot be read, or everybody may read it
 */
export function readSecretFile(option: string, path: string): string {
  const { mode, text } = read(option, path);
  if ((mode & OTHERS) !== 0) {
    throw new SecretFileError(
      `${option} ${path}: everybody on this machine may read it: use chmod o= ${path}`,
    );
  }
  return text;
}

/** For files without secrets. @throws SecretFileError when it cannot be read */
export function readPlainFile(option: string, path: string): string {
  return read(option, path).text;
}

/** Looks at the same file that it reads. */
function read(option: string, path: string): { mode: number; text: string } {
  try {
    const file = openSync(path, 'r');
    try {
      return { mode: fstatSync(file).mode, text: readFileSync(file, 'utf8') };
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no code';
    throw new SecretFileError(`${option} ${path}: it cannot be read: ${code}`);
  }
}

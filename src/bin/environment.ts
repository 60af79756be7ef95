/**
 * What an operator gives a plugin server as environment variables. Kong starts plugin servers with an empty environment, so
 * a file can hold them, too (`--env-file`). It is also the place for secrets, which everybody could read on a command line.
 */
import { parseEnv } from 'node:util';
import { readSecretFile } from '../network/secret-file.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the file may hold, in small letters; anything else in it is a mistake. */
const KNOWN = [
  ...['https_proxy', 'http_proxy', 'no_proxy'],
  ...['aidr_client_key_passphrase', 'otel_exporter_otlp_headers', 'cs_aidr_token', 'cs_aidr_base_url'],
];

export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
}

/**
 * @param file absolute path; undefined: there is none
 * @returns both, the file before the process, with names in small letters; of two names that differ only in that, the one
 * in small letters counts
 * @throws SecretFileError, EnvironmentError
 */
export function environmentWith(file: string | undefined, own: Environment): Environment {
  return { ...inSmallLetters(own), ...(file === undefined ? {} : inFile(file)) };
}

function inFile(path: string): Environment {
  const variables = inSmallLetters(parseEnv(readSecretFile('--env-file', path)));
  const unknown = Object.keys(variables).find((name) => !KNOWN.includes(name));
  // A name only: a line that is none can be a part of a secret.
  if (unknown !== undefined)
    throw new EnvironmentError(
      `--env-file ${path}: it holds a variable that has no effect; see docs/networks.md`,
    );
  return variables;
}

/** As `curl` does it, and everybody since: `https_proxy` before `HTTPS_PROXY`. */
function inSmallLetters(variables: Readonly<NodeJS.Dict<string>>): Environment {
  const all = Object.entries(variables);
  const isSmall = (name: string) => name === name.toLowerCase();
  return Object.fromEntries([
    ...all.filter(([name]) => !isSmall(name)).map(([name, value]) => [name.toLowerCase(), value] as const),
    ...all.filter(([name]) => isSmall(name)),
  ]);
}

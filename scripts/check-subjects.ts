/**
 * `npm run subjects`: checks that the subjects of the last ten commits are Conventional Commits of at most 72 characters.
 * Merge commits do not count. Where there is no git history, such as in an unpacked archive, it says so and passes.
 *
 * @see https://www.conventionalcommits.org/en/v1.0.0/
 */
import { execFileSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';

const COMMITS = 10;
const MAX_LENGTH = 72;
const TYPES = ['build', 'chore', 'ci', 'docs', 'feat', 'fix', 'perf', 'refactor', 'revert', 'style', 'test'];
/** `type: description`, `type(scope): description`, either with `!` before the colon for a breaking change. */
const FORM = new RegExp(String.raw`^(?:${TYPES.join('|')})(?:\([a-z0-9][a-z0-9/-]*\))?!?: \S.*[^\s.]$`);

/** @returns what is wrong with a subject; undefined if nothing is */
export function problemOf(subject: string): string | undefined {
  const { length } = [...subject];
  if (length > MAX_LENGTH) return `it has ${length} characters, more than ${MAX_LENGTH}`;
  if (!FORM.test(subject))
    return `it is not "<type>(<scope>): <description>" with a type of ${TYPES.join(', ')}, without a full stop`;
  return undefined;
}

/** @returns the subjects of the newest commits; undefined where the folder is not the top of a git repository */
export function recentSubjects(folder: string): string[] | undefined {
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    // An unpacked archive can lie within another repository.
    if (realpathSync(git('rev-parse', '--show-toplevel').trim()) !== realpathSync(folder)) return undefined;
    return git('log', '--no-merges', `--max-count=${COMMITS}`, '--format=%s').trimEnd().split('\n');
  } catch {
    return undefined;
  }
}

function main(): void {
  const subjects = recentSubjects(resolve(import.meta.dirname, '..'));
  if (!subjects) {
    console.log('There is no git history here, so no commit subjects were checked.');
    return;
  }
  for (const subject of subjects) {
    const problem = problemOf(subject);
    if (problem === undefined) continue;
    console.error(`${subject}\n  ${problem}`);
    process.exitCode = 1;
  }
}

if (import.meta.main) main();

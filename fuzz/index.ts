/**
 * `npm run fuzz -- --seconds 60 [--seed N] [--target name]`: feeds made-up input to whatever reads what others wrote.
 * Exits 1 when something does not hold, and says with which input.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { Finding, Result } from './target.ts';
import { TARGET_NAMES } from './targets/index.ts';
import { fuzzWatched } from './watchdog.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    target: { type: 'string' },
  },
});
const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
const names = values.target === undefined ? TARGET_NAMES : [values.target];
if (!(seconds > 0) || !Number.isInteger(seed) || names.some((name) => !TARGET_NAMES.includes(name))) {
  console.error(`npm run fuzz -- [--seconds <n>] [--seed <integer>] [--target ${TARGET_NAMES.join('|')}]`);
  process.exit(2);
}

console.log(`seed ${seed}, ${seconds} seconds for ${names.length} targets`);
const results: Result[] = [];
for (const name of names) {
  const result = await fuzzWatched(name, { seconds: seconds / names.length, seed });
  for (const finding of result.findings) report(name, finding);
  results.push(result);
}
console.table(results.map(rowOf));
process.exitCode = results.some(({ findings }) => findings.length > 0) ? 1 : 0;

function report(name: string, { seed: ofCase, message, input }: Finding): void {
  console.log(
    `\n${name}: ${message}\n  again: npm run fuzz -- --target ${name} --seed ${ofCase} --seconds 1\n  ${input}`,
  );
}

function rowOf({ target, cases, seconds: took, slowest, findings }: Result) {
  return {
    target,
    cases,
    'cases/s': Math.round(cases / took),
    'max ms': Math.round(slowest),
    failures: findings.length,
  };
}

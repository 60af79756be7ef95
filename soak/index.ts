/**
 * `npm run soak -- --minutes 10 [--json]`: mixed traffic and faults for so long; prints a Markdown report, or a JSON one.
 * Exits 1 when memory grows, descriptors stay open, or a request ended otherwise than it had to.
 */
import { parseArgs } from 'node:util';
import { markdownOf, reportOf } from './report.ts';
import { soak } from './soak.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, json: { type: 'boolean', default: false } },
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) {
  console.error('npm run soak -- [--minutes <n>] [--json]');
  process.exit(2);
}
const report = reportOf(await soak({ seconds: minutes * 60, onProgress: (line) => console.error(line) }));
console.log(values.json ? JSON.stringify(report, null, 2) : markdownOf(report));
process.exitCode = report.isGood ? 0 : 1;

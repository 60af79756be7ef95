/**
 * `npm run soak -- --minutes 10 [--json] [--pictures <folder>]`: mixed traffic and faults for so long; prints a Markdown report,
 * or a JSON one. Exits 1 when memory grows, descriptors stay open, or a request ended otherwise than it had to.
 *
 * `--pictures` shows the soak in the panels of deploy/grafana/dashboard.json. It needs Prometheus, Chromium, and packages of
 * npm, which it installs into a temporary folder.
 */
import { parseArgs } from 'node:util';
import { withPictures } from './dashboard/index.ts';
import { markdownOf, reportOf } from './report.ts';
import { type SoakOptions, soak } from './soak.ts';

/** Milliseconds: long enough to be seen by a Prometheus that looks every few seconds. */
const VISIBLE = { faultMs: 12_000, calmMs: 18_000 };

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    json: { type: 'boolean', default: false },
    pictures: { type: 'string' },
  },
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) {
  console.error('npm run soak -- [--minutes <n>] [--json] [--pictures <folder>]');
  process.exit(2);
}
const options: SoakOptions = { seconds: minutes * 60, onProgress: (line) => console.error(line) };
const observation = await (values.pictures === undefined
  ? soak(options)
  : withPictures(values.pictures, (metricsPort) => soak({ ...options, ...VISIBLE, metricsPort })));
const report = reportOf(observation);
console.log(values.json ? JSON.stringify(report, null, 2) : markdownOf(report));
process.exitCode = report.isGood ? 0 : 1;

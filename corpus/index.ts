/**
 * `npm run corpus -- [--streams | --live | --planted] [part of a file name]`: over a corpus of recorded provider bodies (or
 * streamed answers), reports the texts that were found and missed, and
 * whether each could be changed in place; with --live, how often windows of random sizes gave the client what it would
 * have got buffered; with --planted, in which leaves words would stay unseen. Exits 1 on any miss.
 *
 * The corpus is not part of this repository; `WIRE_CORPUS=<folder>` names one.
 */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { loadManifest, routeOf, type Sample } from '../testkit/corpus/manifest.ts';
import { checkJson } from './check-json.ts';
import { checkLive } from './check-live.ts';
import { checkPlanted } from './check-planted.ts';
import { checkStream } from './check-stream.ts';
import type { Report, SdkReport } from './places.ts';

const folder = process.env.WIRE_CORPUS ?? resolve(import.meta.dirname, '../shared/wire');
/** Only samples whose file name contains this. */
const only = process.argv.slice(2).find((argument) => !argument.startsWith('--')) ?? '';
const isLive = process.argv.includes('--live');
const areStreams = isLive || process.argv.includes('--streams');
const isChecked = areStreams ? isStream : isJson;
const check = isLive ? checkLive : areStreams ? checkStream : checkJson;

const manifest = await loadManifest(folder);
if (!manifest) {
  console.log(`no corpus in ${folder}: nothing was checked. WIRE_CORPUS=<folder> names one.`);
  process.exit(0);
}

if (process.argv.includes('--planted')) process.exit(await plantInAll(manifest));

const samples = manifest.filter(
  (sample) => isChecked(sample) && routeOf(sample) && sample.file.includes(only),
);
const sdkReports: SdkReport[] = [];
const rows = new Map<string, Report & { samples: number }>();
let problems = 0;
for (const sample of samples) {
  const report = await check(sample, await readFile(join(folder, sample.file)));
  for (const problem of report.problems) console.log(`${sample.file}: ${problem}`);
  problems += report.problems.length;
  if (report.sdk) sdkReports.push(report.sdk);
  const name = `${sample.provider} ${sample.endpoint} ${sample.direction}`;
  const row = rows.get(name) ?? { samples: 0, expected: 0, found: 0, names: 0, extra: 0, problems: [] };
  row.samples++;
  row.expected += report.expected;
  row.found += report.found;
  row.names += report.names;
  row.extra += report.extra;
  row.problems.push(...report.problems);
  rows.set(name, row);
}
console.table(
  [...rows].map(([name, { samples: count, expected, found, names, extra, problems: list }]) => ({
    bodies: name,
    samples: count,
    texts: `${found}/${expected}`,
    names,
    extra,
    problems: list.length,
  })),
);
const total = [...rows.values()].reduce(
  (sum, row) => ({ expected: sum.expected + row.expected, found: sum.found + row.found }),
  { expected: 0, found: 0 },
);
if (areStreams && !isLive) reportSdks();
console.log(
  `${samples.length} samples, ${total.found} of ${total.expected} texts found, ${problems} problems`,
);
process.exit(problems > 0 ? 1 : 0);

/** @returns the exit code */
async function plantInAll(all: readonly Sample[]): Promise<number> {
  const table = new Map<string, { samples: number; kinds: Set<string>; unseen: number }>();
  for (const sample of all.filter((one) => routeOf(one) && one.file.includes(only))) {
    const report = await checkPlanted(sample, await readFile(join(folder, sample.file)));
    if (!report) continue;
    const name = `${sample.provider} ${sample.streaming ? 'stream' : sample.direction}`;
    const row = table.get(name) ?? { samples: 0, kinds: new Set(), unseen: 0 };
    row.samples++;
    for (const kind of report.kinds) row.kinds.add(kind);
    row.unseen += report.unseen.length;
    table.set(name, row);
    for (const unseen of report.unseen) console.log(`${sample.file}: unseen in ${unseen}`);
  }
  const rowsShown = [...table].map(([bodies, row]) => ({ bodies, ...row, kinds: row.kinds.size }));
  console.table(rowsShown);
  const count = rowsShown.reduce((sum, { unseen }) => sum + unseen, 0);
  console.log(`${count} kinds of leaves unseen`);
  return count > 0 ? 1 : 0;
}

function isJson(sample: Sample): boolean {
  return !sample.streaming && /\.json(\.gz)?$/.test(sample.file);
}

function isStream(sample: Sample): boolean {
  return sample.streaming && sample.direction === 'response';
}

/** How the official clients read what the streams became. */
function reportSdks(): void {
  const bySdk = Map.groupBy(sdkReports, ({ sdk }) => sdk);
  const sum = (reports: SdkReport[], count: (report: SdkReport) => number) =>
    reports.reduce((total, report) => total + count(report), 0);
  console.table(
    [...bySdk].map(([sdk, reports]) => ({
      client: sdk,
      'streams read again': reports.length,
      events: sum(reports, ({ events }) => events),
      'texts that grew': sum(reports, ({ texts }) => texts),
      'accumulated by the client': sum(reports, ({ isAccumulated }) => Number(isAccumulated)),
      'with an error, as before': sum(reports, ({ isRefused }) => Number(isRefused)),
      'without an event': sum(reports, ({ events }) => Number(events === 0)),
      problems: sum(reports, (report) => report.problems.length),
    })),
  );
  const others = samples.length - sdkReports.length;
  console.log(`${sdkReports.length} rewritten streams read again by official clients, ${others} have none`);
}

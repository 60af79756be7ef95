/** A run as people read it, and the headline numbers that the README shows. */
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { capacity } from './capacity.ts';
import { describeMachine, type Machine } from './machine.ts';
import type { Row, Table } from './table.ts';

export interface Report {
  machine: Machine;
  isQuick: boolean;
  benchmarks: { name: string; tables: Table[] }[];
}

/** Writes the Markdown into the file, and the headline numbers into the README, between its two markers. */
export async function writeReport(file: string, report: Report): Promise<void> {
  await writeFile(file, page(report));
  const readmeFile = resolve(import.meta.dirname, '../README.md');
  const readme = await readFile(readmeFile, 'utf8');
  const section = /(<!-- benchmarks:start -->\n).*(<!-- benchmarks:end -->)/s;
  if (!section.test(readme)) throw new Error('README.md has lost its benchmark markers');
  await writeFile(
    readmeFile,
    readme.replace(section, (_, start, end) => `${start}${summary(report, SUMMARY.headline)}\n${end}`),
  );
}

function page(report: Report): string {
  const sections = report.benchmarks.map(({ name, tables }) =>
    [`## \`npm run bench -- ${name}\``, ...tables.map(markdownOf)].join('\n\n'),
  );
  const constants = markdownOf(capacity(tablesOf(report, 'kong'), tablesOf(report, 'server')));
  return `${[INTRODUCTION, '## Summary', summary(report, SUMMARY.gateways), constants, WORDS, ...sections, WHERE_NEXT].join('\n\n')}\n`;
}

const INTRODUCTION = `# Benchmarks

This page is for you if you want to know what the plugins cost. It has measurements. \`npm run bench -- --write docs/benchmarks.md\`
with \`KONG_BIN\` writes it. Client, upstream, AIDR mock, Kong and plugin server share the cores of one machine, so requests per second are what all of them
together can do. Compare the rows of a table with each other, not with those of another machine.
[scaling.md](scaling.md) calculates from them how many requests a node carries.`;

const WHERE_NEXT = `## Where to go next

- [scaling.md](scaling.md): how many requests a node carries
- [operations.md](operations.md#sizing): the limits of a process`;

const WORDS = `## Words

| word | meaning |
|---|---|
| 2 KB × 16 | prompt and answer of about 2 KB each, over 16 connections, each of which sends its next request when it has the answer |
| gateway alone | the same gateway process and upstream, a route without our plugins |
| embedded gateway | the emulator of Kong in \`testkit/kong-emulator/\` |
| ours, stock server | our plugins under \`aidr-pluginserver\`, and under kong-pdk's \`kong-js-pluginserver\` |
| peer | another set of plugins of the same names, in Lua, with the same \`kong.yaml\` |
| relay | \`placement: relay\` on both plugins; live: with \`response_mode: live\` |
| requests/s ÷ phases | the number divided by that of both directions with the guard in Kong's phases |
| agent turn | a prompt of 100 KB with a history and 20 tools, and an answer of 4 KB that streams |
| guard | the \`post-function\` plugin of \`kong.yaml\` |
| no batch hook | without the \`pre-function\` plugin of \`kong.yaml\`, which all other rows have, except "gateway alone" |
| added ms | p50 less the p50 of the gateway alone |
| added without AIDR ms | that, less AIDR's own time: the calls made times the p50 of the same client, in the same rounds, asking the AIDR mock directly over one connection |
| CPU µs | microseconds of CPU time a request, of user and system, from \`/proc\` |
| ÷ stock, ÷ alone | the same number divided by that of the stock server, of the gateway alone |

The rounds of all rows of one case alternate, so that other work of the machine affects all of them alike. A variant that changes the
answer, calls AIDR more or less often than it has directions, or answers anything but 200 has no numbers.`;

/** What a reader wants to know first; the README has the rows of `headline` only. */
const SUMMARY = {
  cases: ['2 KB × 1', '2 KB × 16', '1 MB × 1'],
  gateways: ['gateway alone', 'ours: both directions', 'stock server: both directions'],
  headline: ['ours: both directions'],
  columns: ['p50 ms', 'requests/s', 'added without AIDR ms', 'plugin server CPU µs', 'CPU ÷ stock'],
};

function tablesOf({ benchmarks }: Report, wanted: string): Table[] {
  return benchmarks.find(({ name }) => name === wanted)?.tables ?? [];
}

/** @param gateways the rows to show */
function summary(report: Report, gateways: readonly string[]): string {
  const { machine, isQuick } = report;
  const tables = tablesOf(report, 'kong');
  const rows = SUMMARY.cases.flatMap((name) => {
    const table = tables.find((one) => one.rows.some((row) => row.case === name));
    return (table?.rows ?? []).filter((row) => row.case === name && gateways.includes(String(row.gateway)));
  });
  const picked = rows.map((row) => {
    const kept = SUMMARY.columns.flatMap((column) => (column in row ? [[column, row[column] ?? '']] : []));
    return { case: row.case, gateway: row.gateway ?? '', ...Object.fromEntries(kept) };
  });
  const profile = isQuick ? ', quick' : '';
  return `Through a real Kong, one worker, HTTPS upstream, AIDR mock at once, JSON.\n${describeMachine(machine)}${profile}.\n\n${grid(picked)}`;
}

export function markdownOf({ title, note, rows }: Table): string {
  const noteLines = note === undefined ? [] : [note];
  return [`### ${title}`, ...noteLines, ...(rows.length > 0 ? [grid(rows)] : [])].join('\n\n');
}

/** Columns in the order in which they first appear; what a row does not have stays empty. */
function grid(rows: Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [
    columns,
    columns.map((column) => (rows.some((row) => isText(row[column])) ? '---' : '--:')),
    ...rows.map((row) => columns.map((column) => cell(row[column]))),
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function isText(value: string | number | undefined): boolean {
  return typeof value === 'string' && value !== '';
}

function cell(value: string | number | undefined): string {
  if (typeof value !== 'number') return value ?? '';
  return Number.isFinite(value) ? value.toLocaleString('en-US', { maximumFractionDigits: 3 }) : '';
}

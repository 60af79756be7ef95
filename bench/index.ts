/**
 * `npm run bench -- [<name> …] [options]`: everything, or what is named. Prints Markdown tables as they are ready, or
 * JSON; `--write` puts the Markdown into a file and its headline numbers into the README.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { benchGateway, benchKong, benchPlacements } from './gateway.ts';
import { benchInline } from './inline.ts';
import { benchIsolation } from './isolation.ts';
import { benchLive } from './live.ts';
import { describeMachine, thisMachine } from './machine.ts';
import { benchParallel } from './parallel.ts';
import { markdownOf, type Report, writeReport } from './report.ts';
import { FULL, QUICK, type RunProfile } from './run-profile.ts';
import { benchServer } from './server.ts';
import type { Table } from './table.ts';
import { benchWire } from './wire.ts';

const BENCHMARKS: Record<string, (profile: RunProfile) => Promise<Table[]>> = {
  kong: benchKong,
  placements: benchPlacements,
  gateway: benchGateway,
  server: benchServer,
  isolation: benchIsolation,
  inline: benchInline,
  wire: async (profile) => benchWire(profile),
  live: benchLive,
  parallel: benchParallel,
};
const NAMES = Object.keys(BENCHMARKS);
const STDOUT = '-';

const USAGE = `npm run bench -- [${NAMES.join('|')}] [--quick] [--requests <n>] [--json [<file>]] [--write <file>]

--requests is how many memory is watched over, of each kind.
KONG_BIN names a real Kong, BENCH_PEER_LUA_PATH a folder with another set of plugins, in Lua, to run beside ours on it.
--write is for a whole run with KONG_BIN.`;

interface Options {
  quick: boolean;
  requests?: string;
  json?: string;
  write?: string;
}

async function run(names: string[], options: Options): Promise<void> {
  const usual = options.quick ? QUICK : FULL;
  const profile = { ...usual, soakRequests: Number(options.requests ?? usual.soakRequests) };
  const report: Report = { machine: thisMachine(), isQuick: options.quick, benchmarks: [] };
  const isPrinted = options.json !== STDOUT;
  if (isPrinted) console.log(describeMachine(report.machine));
  for (const name of names) {
    const tables = (await BENCHMARKS[name]?.(profile)) ?? [];
    report.benchmarks.push({ name, tables });
    if (isPrinted) for (const table of tables) console.log(`\n${markdownOf(table)}`);
  }
  const json = JSON.stringify(report, null, 2);
  if (options.json === STDOUT) console.log(json);
  else if (options.json !== undefined) await writeFile(options.json, json);
  if (options.write !== undefined) await writeReport(options.write, report);
}

/** `--json` takes a file or nothing, which node:util does not know. */
function withJsonFile(args: string[]): string[] {
  return args.flatMap((arg, index) => {
    const next = args[index + 1];
    const isAlone = next === undefined || next.startsWith('-') || NAMES.includes(next);
    return arg === '--json' && isAlone ? [`--json=${STDOUT}`] : [arg];
  });
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args: withJsonFile(args),
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        requests: { type: 'string' },
        json: { type: 'string' },
        write: { type: 'string' },
      },
    });
  } catch {
    return undefined;
  }
}

const parsed = parse(process.argv.slice(2));
const names = parsed?.positionals ?? [];
const isNumber = /^\d+$/.test(parsed?.values.requests ?? '0');
const isWhole = names.length === 0 && Boolean(process.env.KONG_BIN);
if (
  !parsed ||
  !isNumber ||
  names.some((name) => !NAMES.includes(name)) ||
  (parsed.values.write && !isWhole)
) {
  console.error(USAGE);
  process.exit(2);
}
await run(names.length === 0 ? NAMES : names, parsed.values);

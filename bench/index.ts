/** `npm run bench -- <name> [--json]`: prints tables, or one JSON document. */
import { parseArgs } from 'node:util';
import { benchLive } from './live.ts';
import type { Row } from './row.ts';
import { benchServer } from './server.ts';
import { benchWire } from './wire.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, requests: { type: 'string', default: '200000' } },
});

const benchmarks: Record<string, () => Promise<Row[][]>> = {
  server: () => benchServer(Number(values.requests)),
  wire: async () => benchWire(),
  live: benchLive,
};

const run = benchmarks[positionals[0] ?? ''];
if (!run) {
  console.error(`npm run bench -- <${Object.keys(benchmarks).join('|')}> [--json] [--requests <n>]`);
  process.exit(2);
}
const tables = await run();
if (values.json) console.log(JSON.stringify(tables.flat(), null, 2));
else for (const rows of tables) console.table(rows);

/** `npm run bench -- <name> [--json]`: prints tables, or one JSON document. */
import { parseArgs } from 'node:util';
import { benchGateway, benchKong } from './gateway.ts';
import { benchLive } from './live.ts';
import { benchServer } from './server.ts';
import type { Table } from './table.ts';
import { benchWire } from './wire.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, requests: { type: 'string', default: '200000' } },
});

const effort = { rounds: 5, roundMs: 600 };

const benchmarks: Record<string, () => Promise<Table[]>> = {
  kong: () => benchKong(effort),
  gateway: () => benchGateway(effort),
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
if (values.json) console.log(JSON.stringify(tables, null, 2));
else for (const { rows } of tables) console.table(rows);

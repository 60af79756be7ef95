/**
 * `npm run clients`: what the users of coding agents and of libraries see when they are refused, and what it costs.
 *
 * Installs the agents, and libraries that applications use, with npm into a temporary folder outside this project, runs each through the embedded gateway with both
 * plugins, the AIDR emulator and a mock provider, and prints a table.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import type { ProviderRequest } from '../testkit/providers/index.ts';
import { AGENTS, type Agent } from './agents.ts';
import { CASES, type Case } from './cases.ts';
import { LIBRARIES } from './libraries.ts';
import { isGeneration } from './provider-answers.ts';
import { markdownOf, type Row } from './report.ts';
import { programFile, runAgent } from './run-agent.ts';
import { withScene } from './scene.ts';

const CLIENTS: readonly Agent[] = [...AGENTS, ...LIBRARIES];

const HELP = `npm run clients -- [--client <name>]... [--case <name>]... [--seconds <limit>] [--folder <path>] [--printed]
  --client   only these: ${CLIENTS.map(({ name }) => name).join(', ')}
  --case     only these: ${CASES.map(({ name }) => name).join('; ')}
  --seconds  for each run; default 60
  --folder   where the clients are installed, and stay; default: a temporary folder
  --printed  show all that the clients print`;

const { values } = parseArgs({
  options: {
    client: { type: 'string', multiple: true },
    case: { type: 'string', multiple: true },
    seconds: { type: 'string', default: '60' },
    folder: { type: 'string' },
    printed: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const agents = CLIENTS.filter(({ name }) => values.client?.includes(name) ?? true);
const cases = CASES.filter(({ name }) => values.case?.includes(name) ?? true);
const limitSeconds = Number(values.seconds);
if (values.help || agents.length === 0 || cases.length === 0 || !(limitSeconds > 0)) {
  console.log(HELP);
  process.exit(values.help ? 0 : 2);
}

const execute = promisify(execFile);
const stopped = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort());

const folder = values.folder ? resolve(values.folder) : await mkdtemp(join(tmpdir(), 'aidr-clients-'));

async function install(): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{"private":true}');
  const packages = [...new Set(agents.flatMap((agent) => agent.packages))];
  const options = ['--no-audit', '--no-fund', '--loglevel=error'];
  // No script of a package runs but those that two of the agents cannot do without.
  await execute('npm', ['install', '--ignore-scripts', ...options, ...packages], { cwd: folder });
  for (const script of new Set(agents.flatMap(({ afterInstall }) => afterInstall ?? []))) {
    const file = join(folder, 'node_modules', script);
    await execute(process.execPath, [file], { cwd: dirname(file) });
  }
}

async function writePrograms(): Promise<void> {
  for (const agent of agents) if (agent.program) await writeFile(programFile(agent, folder), agent.program);
}

function play(agent: Agent, each: Case): Promise<Row> {
  return withScene(agent, each, async ({ aidr, provider, baseUrl, mcpUrl }) => {
    const { prompt, files = [], mustNotLeave, mustArrive, isLive = false } = each;
    const run = { prompt, isLive, files, baseUrl, mcpUrl, folder, limitSeconds, signal: stopped.signal };
    const ran = await runAgent(agent, run);
    const generations = provider.requests.filter(isGeneration).length;
    const holds = (text: string) => mustNotLeave !== undefined && text.includes(mustNotLeave);
    const leaks = provider.requests.filter(({ body }) => holds(body.toString())).length;
    // Otherwise the agent never sent what was to be found.
    if (mustNotLeave !== undefined && !aidr.calls.some(({ body }) => holds(JSON.stringify(body)))) {
      throw new Error(`${agent.name} did not read it`);
    }
    const hasArrived = ({ body }: ProviderRequest) => body.includes(mustArrive ?? '');
    if (mustArrive !== undefined && !provider.requests.some(hasArrived)) {
      throw new Error(`${agent.name} did not go on`);
    }
    return { ...ran, agent: agent.name, case: each.name, generations, aidrCalls: aidr.calls.length, leaks };
  });
}

async function playAll(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const agent of agents)
    for (const each of cases) {
      // A library reads no files.
      if (agent.program && each.files) continue;
      if (stopped.signal.aborted) return rows;
      if (each.mcpResult !== undefined && !agent.mcpArgs) continue;
      const row = await play(agent, each);
      console.error(`${row.agent}, ${row.case}: ${row.seconds.toFixed(1)} s`);
      if (values.printed) console.error(row.printed);
      rows.push(row);
    }
  return rows;
}

try {
  console.error(`Installing into ${folder} …`);
  await install();
  await writePrograms();
  const rows = await playAll();
  console.log(markdownOf(rows));
  if (rows.some(({ leaks }) => leaks > 0)) process.exitCode = 1;
} finally {
  if (!values.folder) await rm(folder, { recursive: true, force: true });
}

/** One agent, run once: with a home of its own, and a limit to its time. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import type { Agent } from './agents.ts';
import { fileName, HOME } from './workspace.ts';

export interface Ran {
  /** Undefined when the time was up. */
  exitCode: number | undefined;
  seconds: number;
  /** All that it printed, errors included. */
  printed: string;
}

export interface AgentRun {
  prompt: string;
  isLive: boolean;
  /** Of its route through the gateway. */
  baseUrl: string;
  /** Of a server of MCP, if it is given one. */
  mcpUrl?: string | undefined;
  /** Of its workspace. */
  files: readonly string[];
  /** Where the agents are installed. */
  folder: string;
  limitSeconds: number;
  /** Ends the run before its time. */
  signal: AbortSignal;
}

/** Beside the packages that it imports. */
export function programFile({ name }: Agent, folder: string): string {
  return join(folder, `${name}.mjs`);
}

export async function runAgent(agent: Agent, asked: AgentRun): Promise<Ran> {
  const { prompt, isLive, baseUrl, folder, files, mcpUrl } = asked;
  const home = await mkdtemp(HOME);
  const workspace = join(home, 'workspace');
  try {
    await mkdir(workspace);
    for (const [index, text] of files.entries()) await writeFile(join(workspace, fileName(index)), text);
    await agent.prepare?.(baseUrl, home);
    const env = { ...environment(home), ...agent.env(baseUrl) };
    const first = mcpUrl === undefined ? [] : (agent.mcpArgs?.(mcpUrl) ?? []);
    const args = [...first, ...agent.args(prompt, isLive)];
    const where = { cwd: workspace, env };
    if (agent.program)
      return await run(process.execPath, [programFile(agent, folder), ...args], where, asked);
    return await run(join(folder, 'node_modules', '.bin', agent.command), args, where, asked);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** Nothing of the user's own settings and keys. */
function environment(home: string): Record<string, string> {
  const path = [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter);
  return { HOME: home, PATH: path, TERM: 'dumb', NO_COLOR: '1', LANG: 'C.UTF-8' };
}

async function run(
  command: string,
  args: string[],
  where: { cwd: string; env: Record<string, string> },
  { limitSeconds, signal }: Pick<AgentRun, 'limitSeconds' | 'signal'>,
): Promise<Ran> {
  const began = performance.now();
  // A group of its own, so that what it starts ends with it.
  const child = spawn(command, args, { ...where, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (data: string) => {
      printed += data;
    });
  let isLate = false;
  const end = () => {
    isLate = true;
    killGroup(child.pid);
  };
  const timer = setTimeout(end, limitSeconds * 1_000);
  signal.addEventListener('abort', end);
  try {
    const [code] = await once(child, 'close');
    const exitCode = isLate || typeof code !== 'number' ? undefined : code;
    return { exitCode, seconds: (performance.now() - began) / 1_000, printed };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
    killGroup(child.pid);
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

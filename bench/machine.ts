/** What a benchmark ran on: numbers without it mean nothing. The machine's own name is nobody's business. */
import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';

export interface Machine {
  cpu: string;
  cores: number;
  /** Gigabytes. */
  memory: number;
  kernel: string;
  node: string;
  /** Absent where none was measured. */
  kong?: string;
  /** Of one minute, when the run began: what else the machine was doing. */
  load: number;
  /** Day, UTC. */
  date: string;
}

export function thisMachine(): Machine {
  const kong = kongVersion();
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memory: Math.round(totalmem() / 2 ** 30),
    kernel: `${process.platform} ${release()}`,
    node: process.version,
    ...(kong === undefined ? {} : { kong }),
    load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
    date: new Date().toISOString().slice(0, 10),
  };
}

function kongVersion(): string | undefined {
  const executable = process.env.KONG_BIN;
  if (!executable) return undefined;
  const said = execFileSync(executable, ['version'], { stdio: ['ignore', 'pipe', 'ignore'] }).toString();
  return said.trim().split('\n').at(-1);
}

export function describeMachine({ cpu, cores, memory, kernel, node, kong, load, date }: Machine): string {
  const parts = [cpu, `${cores} cores`, `${memory} GB`, kernel, `Node ${node}`];
  const busy = `load ${load} when the run began`;
  return [...parts, kong === undefined ? 'no Kong' : `Kong ${kong}`, busy, date].join(', ');
}

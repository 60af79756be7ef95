/** Processes under measurement: started, read from /proc, stopped. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkSocket } from '../../src/diagnostics/health-check/socket.ts';
import { childrenOf } from './server-process.ts';

const root = resolve(import.meta.dirname, '../..');
const kongPdk = dirname(createRequire(import.meta.url).resolve('kong-pdk/package.json'));
const STOCK = [process.execPath, join(kongPdk, 'bin/kong-js-pluginserver')];
const OURS = [process.execPath, join(root, 'dist/server/aidr-pluginserver.cjs')];

export type ServerKind = 'stock' | 'aidr';

export interface MeasuredServer {
  kind: ServerKind;
  /** Of the process that serves the plugins. */
  pid: number;
  /** Milliseconds from spawn until it answers. */
  startMs: number;
  stop(): Promise<void>;
}

/** The command that prints a plugin's description. */
export function dumpCommand(kind: ServerKind, plugin: string): string[] {
  if (kind === 'aidr') return [...OURS, '--dump', plugin];
  return [...STOCK, '--plugins-directory', join(root, 'dist/plugins', plugin), '--dump-all-plugins'];
}

/**
 * @param folder a plugin's folder: the stock server loads folders, ours takes a name or a file
 * @param plugin what ours is told: a built-in plugin's name or a module's path
 */
export async function startServer(
  kind: ServerKind,
  plugin: string,
  folder: string,
  socket: string,
): Promise<MeasuredServer> {
  const command =
    kind === 'aidr'
      ? [...OURS, '--socket', `${plugin}=${socket}`]
      : [
          ...STOCK,
          '--plugins-directory',
          folder,
          '--kong-prefix',
          dirname(socket),
          '--sock-name',
          socket.slice(dirname(socket).length + 1),
        ];
  const started = performance.now();
  const child = launch(command);
  while (!existsSync(socket)) await sleep(2);
  if (kind === 'aidr') while (!(await checkSocket({ plugin, path: socket })).isOk) await sleep(2);
  // Ours is served by a process that the first one starts.
  const [pid = child.pid ?? 0] = childrenOf(child.pid ?? 0);
  return { kind, pid, startMs: performance.now() - started, stop: () => stopped(child) };
}

const children = new Set<ChildProcess>();
/** A benchmark that fails leaves nothing running. */
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

export function launch([program = '', ...args]: string[]): ChildProcess {
  return tracked(spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] }));
}

export function tracked(child: ChildProcess): ChildProcess {
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

export async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** Clock ticks a second, as /proc/<pid>/stat counts them: the same on every Linux. */
const TICKS = 100;

/** @returns microseconds of CPU time that the process has used, both user and system */
export function cpuMicroseconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return ((Number(fields[11]) + Number(fields[12])) / TICKS) * 1e6;
}

/** @returns megabytes */
export function residentMegabytes(pid: number): number {
  const line = readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+) kB/);
  return Number(line?.[1]) / 1024;
}

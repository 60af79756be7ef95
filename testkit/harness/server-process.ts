/** A real `aidr-pluginserver` process for tests and benchmarks. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkSocket } from '../../src/diagnostics/health-check/socket.ts';

export const SERVER = resolve(import.meta.dirname, '../../dist/server/aidr-pluginserver.cjs');
const kongPdk = dirname(createRequire(import.meta.url).resolve('kong-pdk/package.json'));
const STOCK_SERVER = join(kongPdk, 'bin/kong-js-pluginserver');

export interface ServerProcess {
  /** What was started: the supervisor. */
  child: ChildProcess;
  pid: number;
  /** The process that serves the plugins; 0 while there is none. */
  servingPid(): number;
  /** Path of the plugin's socket. */
  socket(plugin: string): string;
  stderr(): string;
  stop(): Promise<void>;
}

/**
 * @param options further command line options
 * @param folder of the sockets; default: a new one
 * @param limits arguments of the shell's `ulimit`
 */
export async function startServer(
  plugins: readonly string[],
  options: string[] = [],
  folder?: string,
  limits = '',
): Promise<ServerProcess> {
  const at = folder ?? (await newFolder());
  const sockets = plugins.flatMap((plugin) => ['--socket', `${plugin}=${socketIn(at, plugin)}`]);
  return launched([SERVER, ...sockets, ...options], plugins, at, limits);
}

/** kong-pdk's own server, which serves one plugin. @param plugin path of its module, in a folder of its own */
export async function startStockServer(plugin: string): Promise<ServerProcess> {
  const at = await newFolder();
  const place = ['--plugins-directory', dirname(plugin), '--kong-prefix', at];
  return launched([STOCK_SERVER, ...place, '--sock-name', `${basename(plugin)}.sock`], [plugin], at);
}

function newFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'aidr-server-'));
}

function socketIn(folder: string, plugin: string): string {
  return join(folder, `${basename(plugin)}.sock`);
}

async function launched(
  command: string[],
  plugins: readonly string[],
  folder: string,
  limits = '',
): Promise<ServerProcess> {
  const socket = (plugin: string) => socketIn(folder, plugin);
  const all = [process.execPath, ...command];
  const limited = limits === '' ? all : ['sh', '-c', `ulimit ${limits} && exec "$0" "$@"`, ...all];
  const [program = '', ...args] = limited;
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const started: ServerProcess = {
    child,
    pid: child.pid ?? 0,
    servingPid: () => childrenOf(child.pid ?? 0)[0] ?? 0,
    socket,
    stderr: () => stderr,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
  for (const plugin of plugins) {
    // A file may be there before anybody listens: one that was killed leaves its own.
    const isServed = async () =>
      existsSync(socket(plugin)) && (await checkSocket({ plugin, path: socket(plugin) })).isOk;
    for (let waited = 0; !(await isServed()); waited += 20) {
      if (child.exitCode !== null || waited > 10_000) {
        await started.stop();
        throw new Error(`the plugin server does not answer: ${stderr}`);
      }
      await sleep(20);
    }
  }
  return started;
}

/** @returns the processes that a process started and that are still there */
export function childrenOf(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return children === '' ? [] : children.split(' ').map(Number);
  } catch {
    return [];
  }
}

/** Waits for the listener of a server that was started with `--metrics`. @returns its URL, without a path */
export async function metricsUrl(server: ServerProcess): Promise<string> {
  for (let waited = 0; waited < 10_000; waited += 20) {
    const [, url] = /metrics on (http:\S+)\/metrics/.exec(server.stderr()) ?? [];
    if (url) return url;
    await sleep(20);
  }
  throw new Error(`the metrics are not served: ${server.stderr()}`);
}

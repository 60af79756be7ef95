/** A real `aidr-pluginserver` process for tests and benchmarks. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const SERVER = resolve(import.meta.dirname, '../dist/server/aidr-pluginserver.cjs');

export interface ServerProcess {
  child: ChildProcess;
  pid: number;
  /** Path of the plugin's socket. */
  socket(plugin: string): string;
  stderr(): string;
  stop(): Promise<void>;
}

/**
 * @param options further command line options
 * @param folder of the sockets; default: a new one
 */
export async function startServer(
  plugins: readonly string[],
  options: string[] = [],
  folder?: string,
): Promise<ServerProcess> {
  folder ??= await mkdtemp(join(tmpdir(), 'aidr-server-'));
  const socket = (plugin: string) => join(folder, `${basename(plugin)}.sock`);
  const sockets = plugins.flatMap((plugin) => ['--socket', `${plugin}=${socket(plugin)}`]);
  const child = spawn(process.execPath, [SERVER, ...sockets, ...options], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const started: ServerProcess = {
    child,
    pid: child.pid ?? 0,
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
  for (let waited = 0; !plugins.every((plugin) => existsSync(socket(plugin))); waited += 20) {
    if (child.exitCode !== null || waited > 10_000) {
      await started.stop();
      throw new Error(`the plugin server did not start: ${stderr}`);
    }
    await sleep(20);
  }
  return started;
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

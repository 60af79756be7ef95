/** One plugin server process under Kong's care: started, its output logged, respawned when it dies, ended on time. */

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Log } from '../log.ts';
import type { PluginServerSpec } from '../options.ts';
import { commandEnv } from './query.ts';

/** Kong never spawns twice within this time. */
const RESPAWN_INTERVAL_MS = 1_000;

/** A test run that ends in the middle must not leave processes behind. */
const living = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

export interface ServerProcessOptions {
  readonly spec: PluginServerSpec;
  readonly command: readonly string[];
  readonly log: Log;
}

export class ServerProcess {
  readonly #options: ServerProcessOptions;
  readonly #name: string;
  #child: ChildProcess | undefined;
  #ending = false;
  #respawn: NodeJS.Timeout | undefined;

  constructor(options: ServerProcessOptions) {
    this.#options = options;
    this.#name = options.spec.name ?? options.spec.socket;
  }

  /** The process id while the process is alive. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    const { spec, command, log } = this.#options;
    const [program = '', ...args] = command;
    log.write('notice', `[pluginserver] starting pluginserver process for ${this.#name}`);
    const spawnedAt = Date.now();
    const child = spawn(program, args, { env: commandEnv(spec), stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    living.add(child);
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) =>
        log.write('info', `[${this.#name}:${child.pid}] ${line}`),
      );
    }
    child.once('error', (error) => {
      log.write(
        'err',
        `[pluginserver] external pluginserver "${this.#name}" start command failed: ${error.message}`,
      );
      if (child.pid === undefined) this.#ended(spawnedAt);
    });
    child.once('exit', (code, signal) => {
      living.delete(child);
      const how = signal === null ? `exit ${code}` : `signal ${signal}`;
      log.write('notice', `external pluginserver '${this.#name}' terminated: ${how}`);
      this.#ended(spawnedAt);
    });
  }

  /** The old worker exits: no respawn from here on. */
  abandon(): void {
    this.#ending = true;
    clearTimeout(this.#respawn);
  }

  /** SIGTERM, and SIGKILL for a process that is still there after a time. Resolves when it is gone. */
  async terminate(killAfterMs: number): Promise<void> {
    this.abandon();
    const child = this.#child;
    if (child === undefined) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    await gone;
    clearTimeout(timer);
  }

  #ended(spawnedAt: number): void {
    this.#child = undefined;
    if (this.#ending) return;
    const wait = Math.max(0, spawnedAt + RESPAWN_INTERVAL_MS - Date.now());
    this.#respawn = setTimeout(() => this.start(), wait);
  }
}

/** Asks a plugin server what it serves, as Kong does at start: run the query command, read stdout to its end. */

import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import type { PluginServerSpec } from '../options.ts';

/** One plugin as its server describes it. */
export interface PluginInfo {
  readonly name: string;
  readonly version: string;
  readonly priority: number;
  readonly phases: readonly string[];
  /** The plugin's schema, a Kong schema table in JSON. */
  readonly schema: unknown;
}

/**
 * Runs the query command of a plugin server. Only the first plugin that it prints counts (Kong since 3.9).
 *
 * @throws {Error} when the output is not one JSON array of plugins, or the command does not end in time
 */
export async function queryPlugin(spec: PluginServerSpec, timeoutMs: number): Promise<PluginInfo> {
  const command = spec.queryCommand.join(' ');
  const output = await printedBy(spec, timeoutMs);
  const failure = (why: string): Error => new Error(`failed loading external plugins: ${why} [${command}]`);
  let dump: unknown;
  try {
    dump = JSON.parse(output);
  } catch (error) {
    const printed = JSON.stringify(output.slice(0, 200));
    throw failure(`failed decoding plugin info: ${(error as Error).message}; stdout began with ${printed}`);
  }
  if (typeof dump !== 'object' || dump === null)
    throw failure(`not a plugin info table: ${output.slice(0, 200)}`);
  const plugins = 'Plugins' in dump ? dump.Plugins : dump;
  const first: unknown = Array.isArray(plugins) ? plugins[0] : undefined;
  if (first === undefined) throw failure('the command printed no plugin');
  return pluginInfo(first, failure);
}

function pluginInfo(first: unknown, failure: (why: string) => Error): PluginInfo {
  const { Name, Version, Priority, Phases, Schema } = first as Record<string, unknown>;
  if (typeof Name !== 'string') throw failure('the plugin has no Name');
  // Kong reports a plugin without a priority as not installed.
  if (typeof Priority !== 'number') throw failure(`plugin '${Name}' has no Priority`);
  if (!Array.isArray(Phases) || Phases.some((phase) => typeof phase !== 'string')) {
    throw failure(`plugin '${Name}' has no list of Phases`);
  }
  return {
    name: Name,
    version: String(Version ?? ''),
    priority: Priority,
    phases: Phases as string[],
    schema: Schema,
  };
}

/** What each command printed, with the files that it named: a hundred gateways would start hundreds of processes to read the same. */
const printed = new Map<string, string>();

async function printedBy(spec: PluginServerSpec, timeoutMs: number): Promise<string> {
  const key = JSON.stringify([spec.queryCommand.map(withVersion), spec.env]);
  const known = printed.get(key);
  if (known !== undefined) return known;
  const output = await readToEnd(spec, timeoutMs);
  printed.set(key, output);
  return output;
}

/** A word of a command; of an absolute path also which file or folder it is now. */
function withVersion(word: string): unknown[] {
  const found = word.startsWith('/') ? statSync(word, { throwIfNoEntry: false }) : undefined;
  return found ? [word, found.ino, found.mtimeMs] : [word];
}

function readToEnd(spec: PluginServerSpec, timeoutMs: number): Promise<string> {
  const [program = '', ...args] = spec.queryCommand;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: commandEnv(spec),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const chunks: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    const timer = setTimeout(() => {
      killGroup(child.pid);
      const why = `still runs after ${timeoutMs} ms: Kong would hang here for ever`;
      reject(
        new Error(
          `failed loading external plugins: the query command [${spec.queryCommand.join(' ')}] ${why}`,
        ),
      );
    }, timeoutMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(new Error(`failed loading external plugins: error loading plugins info: ${error.message}`));
    });
    // 'close' comes when the process has ended and every holder of its stdout has let go, as Kong's read needs.
    child.once('close', () => {
      clearTimeout(timer);
      const output = Buffer.concat(chunks).toString('utf8');
      if (output === '' && stderr.length > 0) {
        const said = Buffer.concat(stderr).toString('utf8').trim();
        reject(
          new Error(
            `failed loading external plugins: failed decoding plugin info: no output; stderr: ${said}`,
          ),
        );
      } else {
        resolve(output);
      }
    });
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended in the meantime.
  }
}

/** Nginx passes nearly nothing of its environment on, so neither do we. */
export function commandEnv(spec: PluginServerSpec): Record<string, string> {
  return { PATH: process.env.PATH ?? '', ...spec.env };
}

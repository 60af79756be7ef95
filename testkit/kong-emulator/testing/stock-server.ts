/** Plugin servers of the stock kind (kong-pdk) for the plugins in `fixtures/`. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PluginServerSpec } from '../index.ts';

const SERVER = fileURLToPath(
  new URL('../../../node_modules/kong-pdk/bin/kong-js-pluginserver', import.meta.url),
);

export interface StockServers {
  readonly specs: PluginServerSpec[];
  /** Where the sockets are. */
  readonly folder: string;
  /** Removes the folder of the sockets. */
  clean(): void;
}

/** One server a plugin, each with a socket in a temporary folder. */
export function stockServers(...plugins: ('script' | 'script-response')[]): StockServers {
  const folder = mkdtempSync(join(tmpdir(), 'stock-servers-'));
  const specs = plugins.map((name) => {
    const command = [
      process.execPath,
      SERVER,
      '--plugins-directory',
      fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url)),
    ];
    return {
      name,
      socket: join(folder, `${name}.sock`),
      queryCommand: [...command, '--dump-all-plugins'],
      startCommand: [...command, '--kong-prefix', folder, '--sock-name', `${name}.sock`],
    };
  });
  return { specs, folder, clean: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The steps of a script plugin, as its configuration wants them. */
export function steps(...calls: readonly (readonly [method: string, ...args: unknown[]])[]): string {
  return JSON.stringify(calls.map((call) => JSON.stringify(call)));
}

/** The plugin server processes of a gateway that runs on this machine. */
import { readdirSync, readFileSync } from 'node:fs';
import { SUPERVISED } from '../../../src/bin/plugin-server-options.ts';

/**
 * @param folder of their sockets
 * @returns processes whose command line names a socket in it, the newest last
 */
export function pluginServerPids(folder: string): number[] {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return pids.filter((pid) => {
    const command = commandLineOf(pid);
    return command.includes('pluginserver') && command.includes(folder);
  });
}

/** @returns the newest process that serves plugins: the other one of each server only watches over it */
export function servingPid(folder: string): number | undefined {
  return pluginServerPids(folder).findLast((pid) => commandLineOf(pid).includes(SUPERVISED));
}

function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** SIGKILL to each that is still there. */
export function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
}

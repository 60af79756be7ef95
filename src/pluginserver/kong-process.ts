/** Kong's master process: it is there for as long as any of its workers is. */
import { readFileSync } from 'node:fs';
import type { ProcessIdentity } from './supervision.ts';

/**
 * @param worker id of the process that started this one
 * @returns undefined where the kernel does not tell
 */
export function kongMasterOf(worker: number): ProcessIdentity | undefined {
  const parent = Number(statusOf(worker)?.parent);
  const startTime = parent > 0 ? statusOf(parent)?.startTime : undefined;
  return startTime === undefined ? undefined : { pid: parent, startTime };
}

export function isAlive({ pid, startTime }: ProcessIdentity): boolean {
  const status = statusOf(pid);
  return status?.startTime === startTime && status.state !== 'Z';
}

/** @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function statusOf(pid: number): { state: string; parent: string; startTime: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, can have any character in it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state = '', parent = ''] = fields;
    return { state, parent, startTime: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

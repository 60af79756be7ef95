/** The load generator's process, as the benchmarks see it. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { stopped, tracked } from '../testkit/harness/processes.ts';

export interface Job {
  url: string;
  headers: Record<string, string>;
  body: Uint8Array;
  connections: number;
  milliseconds: number;
}

export interface JobResult {
  /** Milliseconds of each request, from its first byte's sending to its answer's last byte. */
  times: Float64Array;
  seconds: number;
  /** Microseconds of CPU time that the generator itself used. */
  cpu: number;
}

export interface Load {
  /** @throws Error when an answer is not 200, or a connection breaks */
  run(job: Job): Promise<JobResult>;
  stop(): Promise<void>;
}

/** Milliseconds beyond a job's own that it may take. */
const PATIENCE = 30_000;

export function startLoad(): Load {
  const child = tracked(
    fork(join(import.meta.dirname, 'load-generator.ts'), {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    }),
  );
  return {
    async run(job) {
      child.send(job);
      const signal = AbortSignal.timeout(job.milliseconds + PATIENCE);
      const [result]: (JobResult | { problem: string })[] = await once(child, 'message', { signal });
      if (!result || 'problem' in result) throw new Error(result?.problem ?? 'no result');
      return result;
    },
    stop: () => stopped(child),
  };
}

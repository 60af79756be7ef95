/** What the measuring itself costs: the client against the AIDR mock, with no gateway between. */

import { prompt, SIZES } from './bodies.ts';
import type { Mock } from './instant-mocks.ts';
import type { JobResult, Load } from './load.ts';
import { median, p99, thousandths } from './percentile.ts';
import type { RunProfile } from './run-profile.ts';
import type { Row, Table } from './table.ts';
import type { AidrTime } from './variants.ts';

export interface Instruments {
  load: Load;
  aidr: Mock;
}

export function askAidr(
  { load, aidr }: Instruments,
  call: { bytes: number; aidrMs: AidrTime; connections: number; milliseconds: number },
): Promise<JobResult> {
  return load.run({
    url: `${aidr.url}/allow/${call.aidrMs}/v1/guard_chat_completions`,
    headers: { 'Content-Type': 'application/json' },
    body: Buffer.from(prompt(call.bytes)),
    connections: call.connections,
    milliseconds: call.milliseconds,
  });
}

export async function benchInstruments(instruments: Instruments, { roundMs }: RunProfile): Promise<Table> {
  const rows: Row[] = [];
  for (const connections of [1, 16, 128]) {
    const call = { bytes: SIZES['2 KB'], aidrMs: 0 as const, connections, milliseconds: roundMs };
    const { times, seconds, cpu } = await askAidr(instruments, call);
    times.sort();
    rows.push({
      case: `2 KB × ${connections}`,
      'p50 ms': thousandths(median(times)),
      'p99 ms': thousandths(p99(times)),
      'requests/s': Math.round(times.length / seconds),
      'client CPU µs': Math.round(cpu / times.length),
    });
  }
  return { title: 'The client against the AIDR mock', note: 'No gateway between them.', rows };
}

/** What the measuring itself costs: the client against the AIDR mock, with no gateway between. */
import { prompt, SIZES } from './bodies.ts';
import type { Arena, Question } from './contest.ts';
import type { JobResult } from './load.ts';
import { at, thousandths } from './standings.ts';
import type { Row, Table } from './table.ts';

/** @returns milliseconds of one call, over one connection: the median */
export async function askAidrAlone(arena: Arena, { answer, aidrMs }: Question): Promise<number> {
  return at(await ask(arena, answer.bytes, aidrMs, 1).then(({ times }) => times.sort()), 0.5);
}

export async function instruments(arena: Arena): Promise<Table> {
  const rows: Row[] = [];
  for (const connections of [1, 16, 128]) {
    const { times, seconds, cpu } = await ask(arena, SIZES['2 KB'], 0, connections);
    times.sort();
    rows.push({
      case: `2 KB × ${connections}`,
      'p50 ms': thousandths(at(times, 0.5)),
      'p99 ms': thousandths(at(times, 0.99)),
      'requests/s': Math.round(times.length / seconds),
      'client CPU µs': Math.round(cpu / times.length),
    });
  }
  return { title: 'The client against the AIDR mock', note: 'No gateway between them.', rows };
}

function ask(
  { load, aidr, effort }: Arena,
  bytes: number,
  aidrMs: number,
  connections: number,
): Promise<JobResult> {
  return load.run({
    url: `${aidr.url}/allow/${aidrMs}/v1/guard_chat_completions`,
    headers: { 'Content-Type': 'application/json' },
    body: Buffer.from(prompt(bytes)),
    connections,
    milliseconds: effort.roundMs,
  });
}

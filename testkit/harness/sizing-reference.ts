/** The table of docs/scaling.md that is calculated from the capacity table of docs/benchmarks.md. */

/** Microseconds of CPU time. */
interface Capacity {
  server: number;
  serverPerKb: number;
  serverPerStreamedKb: number;
  worker: number;
  workerPerKb: number;
  trip: number;
}

interface Load {
  promptKb: number;
  answerKb: number;
  isStreamed: boolean;
  aidrMs: number;
}

const LOADS: readonly Load[] = [
  { promptKb: 2, answerKb: 2, isStreamed: false, aidrMs: 40 },
  { promptKb: 8, answerKb: 4, isStreamed: false, aidrMs: 40 },
  { promptKb: 8, answerKb: 4, isStreamed: false, aidrMs: 200 },
  { promptKb: 8, answerKb: 4, isStreamed: true, aidrMs: 200 },
  { promptKb: 32, answerKb: 8, isStreamed: true, aidrMs: 200 },
  { promptKb: 100, answerKb: 4, isStreamed: true, aidrMs: 100 },
];

/** Of the prompt and of the answer: what the fixed parts were measured with. */
const MEASURED_KB = 2;
const TRIPS = 8;
const CONNECTIONS = 256;
const CALLS = 2;
/** p99 grows long before the limit. */
const SHARE = 2 / 3;
const WANTED = 1_000;

/** @returns whole requests a second of one process, of one worker, and of the connections to AIDR */
function carried({ promptKb, answerKb, isStreamed, aidrMs }: Load, capacity: Capacity) {
  const [prompt, answer] = [promptKb - MEASURED_KB, answerKb - MEASURED_KB];
  const perAnswerKb = isStreamed ? capacity.serverPerStreamedKb : capacity.serverPerKb;
  const server = 1e6 / (capacity.server + capacity.serverPerKb * prompt + perAnswerKb * answer);
  const worker = 1e6 / (capacity.worker + capacity.workerPerKb * (prompt + answer) + capacity.trip * TRIPS);
  const aidr = (CONNECTIONS * 1000) / (CALLS * aidrMs);
  return { server: tens(server), worker: tens(worker), aidr: tens(aidr) };
}

/** More digits than that were not measured. */
function tens(requests: number): number {
  return Math.floor(requests / 10) * 10;
}

/** @throws Error where the page lacks a number */
function capacityIn(benchmarks: string): Capacity {
  const of = (name: string) => {
    const [, cell] = benchmarks.split(`| ${name} | `)[1]?.match(/^([\d.,]+) \|/) ?? [];
    if (cell === undefined) throw new Error(`docs/benchmarks.md has no "${name}"`);
    return Number(cell.replaceAll(',', ''));
  };
  return {
    server: of('plugin server, a request of 2 KB'),
    serverPerKb: of('plugin server, each further KB of a prompt or answer'),
    serverPerStreamedKb: of('plugin server, each further KB of a streamed answer'),
    worker: of('Kong worker, a request without the plugins'),
    workerPerKb: of('Kong worker, each further KB of a prompt or answer'),
    trip: of(`Kong worker, each of ${TRIPS} round trips`),
  };
}

/** @param benchmarks the text of docs/benchmarks.md */
export function sizingTable(benchmarks: string): string {
  const capacity = capacityIn(benchmarks);
  const rows = LOADS.map((load) => {
    const { server, worker, aidr } = carried(load, capacity);
    const planned = tens(Math.min(server, worker, aidr) * SHARE);
    const cells = [
      `${load.promptKb} + ${load.answerKb} KB${load.isStreamed ? ', streamed' : ''}`,
      `${load.aidrMs} ms`,
      ...[server, worker, aidr, planned, Math.ceil(WANTED / planned)].map((one) =>
        one.toLocaleString('en-US'),
      ),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '| prompt + answer | AIDR takes | plugin server | one worker | connections to AIDR | plan with | nodes for 1,000 a second |',
    '|---|--:|--:|--:|--:|--:|--:|',
    ...rows,
  ].join('\n');
}

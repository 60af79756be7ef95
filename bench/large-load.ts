/**
 * Sends large prompts over and over. A process of its own, started by the benchmark, which tells it what to send; says
 * when it has warmed up, and at the end how long each request took.
 */
import { replayKong } from '../testkit/harness/replayed-kong.ts';

export interface LargeLoad {
  socket: string;
  config: Record<string, unknown>;
  body: string;
  connections: number;
}

/** Requests before the ones that count. */
const WARM_UP = 40;

process.once('message', (load: LargeLoad) => {
  let isOver = false;
  process.once('message', () => {
    isOver = true;
  });
  void send(load, () => isOver);
});

async function send({ socket, config, body, connections }: LargeLoad, isOver: () => boolean): Promise<void> {
  const kong = replayKong('crowdstrike-aidr-request', socket, config, true);
  const request = { headers: { 'content-type': 'application/json' }, body: Buffer.from(body) };
  let warm = 0;
  const times: number[] = [];
  const connection = async () => {
    while (!isOver()) {
      const start = performance.now();
      const { exit } = await kong.run('access', request);
      if (exit) throw new Error(`a large prompt is answered with ${exit.status}`);
      if (++warm > WARM_UP) times.push(performance.now() - start);
      else if (warm === WARM_UP) process.send?.('warm');
    }
  };
  await Promise.all(Array.from({ length: connections }, connection));
  kong.close();
  process.send?.(times);
}

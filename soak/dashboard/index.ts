/** What Grafana would have shown of a soak: a real Prometheus scrapes it meanwhile. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../testkit/harness/gateways/free-port.ts';
import { prepare, takePictures } from './draw.ts';
import { SCRAPE_EVERY, startPrometheus } from './prometheus.ts';

/**
 * @param into the folder of the pictures
 * @param observed what the pictures are of; its metrics have to be on that port of the loopback address
 */
export async function withPictures<Result>(
  into: string,
  observed: (metricsPort: number) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'aidr-dashboard-'));
  try {
    const port = await freePort();
    const prometheus = await startPrometheus(port);
    try {
      console.error(`Installing Grafana's components into ${folder} …`);
      await prepare(folder);
      const from = Date.now() / 1_000;
      const result = await observed(port);
      await takePictures(prometheus, { from, to: Date.now() / 1_000, scrape: SCRAPE_EVERY }, folder, into);
      return result;
    } finally {
      await prometheus.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The metrics of a plugin server that a gateway has started, found by what the gateway logged. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Options of a plugin server that serves metrics on any port. */
export const METRICS = ['--metrics', '127.0.0.1:0'];

/** Milliseconds; a plugin server that was killed is back within a second or two. */
const LIMIT = 10_000;

/** @returns what the plugin server that was started last says */
export async function scrape(log: () => string): Promise<string> {
  for (const deadline = Date.now() + LIMIT; Date.now() < deadline; await sleep(100)) {
    const [, url] = [...log().matchAll(/metrics on (http:\S+?\/metrics)/g)].at(-1) ?? [];
    const answer = url === undefined ? undefined : await fetch(url).catch(() => undefined);
    if (answer?.ok) return answer.text();
  }
  throw new Error('the plugin server serves no metrics');
}

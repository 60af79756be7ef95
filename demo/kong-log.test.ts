/** `aidr-kong replay` on what a real Kong's file-log writes, with the bodies as docs/inspect-and-replay.md adds them. */
import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { runReplay } from '../src/cli/replay/command.ts';
import { parseReplay } from '../src/cli/replay/options.ts';
import type { Totals } from '../src/cli/replay/tally.ts';
import { kong } from '../testkit/harness/gateways/kong.ts';
import { CASES } from './cases.ts';
import { startStage } from './stage.ts';

const missing = await kong.missing();

it("judges what a real Kong's own file-log wrote as the plugins judged then", async (test) => {
  if (missing !== undefined) return test.skip(missing);
  const demo = await startStage({ logsBodies: true });
  try {
    const cases = CASES.filter(({ id }) => !['mcp', 'outage', 'killed'].includes(id));
    for (const { play } of cases) await play(demo, () => undefined);
    const lines = (await demo.gateway.records()).map((record) => JSON.stringify(record));
    expect(lines).toHaveLength(7);
    const options = parseReplay(['-', '--json', '--against', demo.aidr.url]);
    if (!options) throw new Error('no options');
    const stdin = Readable.from([Buffer.from(lines.join('\n'))]);
    const totals: Totals = JSON.parse(
      await runReplay(options, { env: { CS_AIDR_TOKEN: 'pts_demo' }, stdin }),
    );
    expect(totals).toMatchObject({ exchanges: 7, otherTraffic: 0, broken: {} });
    for (const { route, request, response } of totals.routes) {
      const { not_asked: _, ...answers } = response.outcomes;
      // A prompt that was redacted is in the log as it went on.
      expect(renamed(request.recorded, 'redacted', 'allowed'), route).toEqual(request.outcomes);
      // A live answer is not in the log.
      expect(renamed(response.recorded, 'pending', 'unread'), route).toEqual(answers);
    }
  } finally {
    await demo.stop();
  }
});

function renamed(counts: Record<string, number>, from: string, to: string): Record<string, number> {
  const { [from]: moved, ...rest } = counts;
  return moved === undefined ? rest : { ...rest, [to]: (rest[to] ?? 0) + moved };
}

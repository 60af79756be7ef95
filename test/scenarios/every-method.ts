/**
 * Every method of the official clients, end to end, with bodies that have every member which the clients' types declare: what
 * is benign comes through as without a gateway, what AIDR redacts is redacted in each place and nothing else, and who is
 * refused has asked nobody.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Stage, type StageOptions, startStage } from '../../testkit/harness/stage.ts';
import { Desk } from './every-endpoint/desk.ts';
import { Novelty } from './every-endpoint/novelty.ts';
import { sdkCallsOf } from './every-endpoint/sdk-calls.ts';
import { SDK_CLIENTS } from './every-endpoint/sdk-clients.ts';
import { SdkTrial } from './every-endpoint/sdk-trial.ts';

/** So many methods are called at once. */
const AT_ONCE = 6;

export function everyMethod(options: StageOptions): void {
  describe('every method of an official client', () => {
    let stage: Stage;
    let desk: Desk;
    /** What was played of an API: others have the same. */
    const novelties = new Map<string, Novelty>();
    /** The places that were tried, of those that cannot be redacted. */
    const fixed = new Set<string>();
    beforeAll(async () => {
      const routes = [...new Set(SDK_CLIENTS.map(({ route }) => route))];
      stage = await startStage({
        ...options,
        routes: Object.fromEntries(
          routes.map((provider) => [provider, { config: { upstream_llm: { provider, api_uri: 'auto' } } }]),
        ),
      });
      desk = new Desk(stage);
    });
    afterAll(() => stage?.stop());

    it.each(SDK_CLIENTS)('$name', async (client) => {
      // A second attempt has to begin where the first one did.
      const novelty = new Novelty(novelties.get(client.api));
      const tried = new Set(fixed);
      const calls = await sdkCallsOf(client, desk, stage.provider.url, novelty);
      const faults: string[] = [];
      const waiting = [...calls];
      const work = async () => {
        for (let call = waiting.shift(); call; call = waiting.shift()) {
          const trial = new SdkTrial(desk, stage.gateway.url, call, tried);
          for (const fault of await trial.faults()) faults.push(`${call.name}: ${fault}`);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      expect(faults).toEqual([]);
      expect(calls.length).toBeGreaterThan(client.atLeast);
      novelties.set(client.api, novelty);
      for (const place of tried) fixed.add(place);
    });
  });
}

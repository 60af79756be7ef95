/** Collector keys that change in the vault and at AIDR while requests run. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Stage, type StageOptions, startStage } from '../../testkit/harness/stage.ts';

const VARIABLE = 'CS_AIDR_TOKEN';
const FIRST = 'pts_demo';
const SENDERS = 10;
const NO_ROTATION = 'the environment of this gateway cannot change while it runs';
/** A key that AIDR refuses is looked up again, but not at every refusal. */
const QUIET = 10_000;

const PROMPT = JSON.stringify({
  model: 'gpt-4o-mini',
  messages: [{ role: 'user', content: 'Tell me about keys.' }],
});

export function rotation(options: StageOptions): void {
  describe('a key from the vault', () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await startStage({ ...options, workers: 2 });
    });
    beforeEach(() => stage.reset());
    afterAll(() => stage?.stop());

    /** Requests on many connections until `during` is over; how each of them ended. */
    async function underLoad(during: (statuses: readonly number[]) => Promise<void>): Promise<number[]> {
      const statuses: number[] = [];
      let isOver = false;
      const senders = Array.from({ length: SENDERS }, async () => {
        while (!isOver) statuses.push((await stage.post(PROMPT)).status);
      });
      await during(statuses).finally(() => {
        isOver = true;
      });
      await Promise.all(senders);
      return statuses;
    }

    it('is followed under load: no request fails', async (test) => {
      const { rotate } = stage.gateway;
      if (!rotate) return test.skip(NO_ROTATION);
      const keys = [FIRST, 'pts_second', 'pts_third'];
      const statuses = await underLoad(async (ended) => {
        for (const key of keys) {
          rotate(VARIABLE, key);
          stage.aidr.setKeys([key]);
          const isUsed = () =>
            stage.aidr.calls.some((call) => call.key === key && call.answer?.status === 200);
          await expect.poll(isUsed, { timeout: 10_000 }).toBe(true);
          // Nobody has to live through two rotations, however slow the machine is.
          const all = ended.length + 2 * SENDERS;
          await expect.poll(() => ended.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(all);
          await sleep(300);
        }
      });
      expect(statuses.length).toBeGreaterThan(10);
      expect(new Set(statuses)).toEqual(new Set([200]));
      const refused = stage.aidr.calls.filter(({ answer }) => answer?.status === 401);
      expect(refused.length).toBeGreaterThan(0);
      // Two rotations, two workers, two plugins; what was under way with the old key besides.
      expect(refused.length).toBeLessThanOrEqual(2 * 2 * 2 * SENDERS);
      expect(new Set(stage.aidr.calls.map(({ key }) => key))).toEqual(new Set(keys));
      expect(stage.aidr.calls.at(-1)?.key).toBe('pts_third');
      for (const key of keys) expect(stage.gateway.log()).not.toContain(key);
    });
  });

  describe('a key from the vault that AIDR does not know', () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await startStage(options);
    });
    beforeEach(() => stage.reset());
    afterAll(() => stage?.stop());

    it('refuses requests until the vault has a better one, which is not looked for every time', async (test) => {
      const { rotate } = stage.gateway;
      if (!rotate) return test.skip(NO_ROTATION);
      expect((await stage.post(PROMPT)).status).toBe(200);
      rotate(VARIABLE, 'pts_wrong');
      stage.aidr.setKeys(['pts_right']);
      const refusal = {
        status: 500,
        text: expect.stringMatching(
          /^\{"reason":"unauthorized","status":"Prompt could not be inspected by CrowdStrike AIDR",/,
        ),
      };
      for (let turn = 0; turn < 3; turn++) expect(await stage.post(PROMPT)).toMatchObject(refusal);
      expect(stage.provider.requests).toHaveLength(1);

      rotate(VARIABLE, 'pts_right');
      expect(await stage.post(PROMPT)).toMatchObject(refusal);
      const status = async () => (await stage.post(PROMPT)).status;
      await expect.poll(status, { timeout: QUIET + 10_000, interval: 200 }).toBe(200);
      expect(stage.gateway.log()).not.toMatch(/pts_(?:right|wrong)/);
    });

    it('works as soon as AIDR knows it', async (test) => {
      const { rotate } = stage.gateway;
      if (!rotate) return test.skip(NO_ROTATION);
      rotate(VARIABLE, 'pts_early');
      stage.aidr.setKeys([]);
      expect((await stage.post(PROMPT)).status).toBe(500);
      stage.aidr.setKeys(['pts_early']);
      expect((await stage.post(PROMPT)).status).toBe(200);
    });

    it('does not lose a block that came with the refusal', async (test) => {
      const { rotate } = stage.gateway;
      if (!rotate) return test.skip(NO_ROTATION);
      rotate(VARIABLE, 'pts_newer');
      stage.aidr.setKeys(['pts_newer', 'pts_early']);
      stage.aidr.fault([{ kind: 'patch', status: 401, patch: { result: { blocked: true } } }]);
      expect((await stage.post(PROMPT)).status).toBe(400);
      expect(stage.provider.requests).toEqual([]);
    });
  });
}

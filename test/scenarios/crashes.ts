/** What happens to traffic while plugin servers die and configurations change. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { guardPlugin } from '../../src/kong/guard-plugin.ts';
import { type RouteVariant, type Stage, type StageOptions, startStage } from '../../testkit/harness/stage.ts';

const SECRET = '078-05-1120';
const LEAK = '234-56-7890';
const PROMPT = JSON.stringify({
  model: 'gpt-4o-mini',
  messages: [{ role: 'user', content: `My SSN is ${SECRET}` }],
});
const CONNECTIONS = 20;
const ROUTES = Array.from({ length: 20 }, (_, index) => `tenant-${index}`);

/** Sends requests on many connections at once until `during` is over. */
async function underLoad(send: (turn: number) => Promise<void>, during: () => Promise<void>): Promise<void> {
  let isOver = false;
  let turn = 0;
  const senders = Array.from({ length: CONNECTIONS }, async () => {
    while (!isOver) await send(turn++).catch(() => undefined);
  });
  try {
    await during();
  } finally {
    isOver = true;
    await Promise.all(senders);
  }
}

export function crashes(options: StageOptions): void {
  describe('while plugin servers die under load', () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await startStage({
        ...options,
        workers: 2,
        routes: {
          live: { config: { response_mode: 'live' } },
          unguarded: { without: ['post-function'] },
          lenient: { without: ['post-function'], plugins: [guardPlugin(['request', 'response'], true)] },
          stealthy: {
            config: { rejection_style: 'stealth' },
            without: ['post-function'],
            plugins: [guardPlugin(['request', 'response'], false, {}, 'stealth')],
          },
        },
      });
    });
    beforeEach(() => stage.reset());
    afterAll(() => stage?.stop());

    /** On a busy machine a plugin server takes seconds to come back. */
    async function untilServed(route: string): Promise<void> {
      const status = async () => (await stage.post(PROMPT, { route })).status;
      await expect.poll(status, { timeout: 10_000 }).toBe(200);
    }

    async function killTwice(): Promise<void> {
      for (let kill = 0; kill < 2; kill++) {
        await sleep(300);
        await stage.gateway.killPluginServers();
        await sleep(1500);
      }
    }

    async function leaksOn(
      route: string,
      during = killTwice,
    ): Promise<{ sent: number; prompts: number; answers: number }> {
      const counted = { sent: 0, prompts: 0, answers: 0 };
      await untilServed(route);
      const send = async () => {
        const { text } = await stage.post(PROMPT, { route });
        counted.sent++;
        if (text.includes(LEAK)) counted.answers++;
      };
      await underLoad(send, during);
      counted.prompts = stage.provider.requests.filter(({ body }) => body.includes(SECRET)).length;
      return counted;
    }

    it.each(['openai', 'live'])(
      'not one uninspected prompt or answer gets through where the guard is (%s)',
      async (route) => {
        stage.provider.answer({
          body: { choices: [{ message: { role: 'assistant', content: `It is ${LEAK}` } }] },
        });
        const { sent, prompts, answers } = await leaksOn(route);
        expect(sent).toBeGreaterThan(20);
        expect({ prompts, answers }).toEqual({ prompts: 0, answers: 0 });
        await untilServed(route);
      },
    );

    it('without the guard Kong lets them through', async () => {
      stage.provider.answer({
        body: { choices: [{ message: { role: 'assistant', content: `It is ${LEAK}` } }] },
      });
      const { sent, prompts, answers } = await leaksOn('unguarded');
      console.log(
        `without the guard: ${prompts} prompts and ${answers} answers of ${sent} passed uninspected`,
      );
      expect(prompts).toBeGreaterThan(0);
    });

    it.each([
      ['dies', 'SIGKILL'],
      ['hangs', 'SIGSTOP'],
    ] as const)(
      'the lenient guard lets nothing through when what serves the plugins %s',
      async (_how, signal) => {
        const { servingPid } = stage.gateway;
        if (!servingPid?.()) return;
        stage.provider.answer({
          body: { choices: [{ message: { role: 'assistant', content: `It is ${LEAK}` } }] },
        });
        stage.aidr.fault({ kind: 'delay', delayMs: 100 });
        const { sent, prompts, answers } = await leaksOn('lenient', async () => {
          await sleep(1000);
          const pid = servingPid();
          if (pid) process.kill(pid, signal);
          await expect.poll(() => servingPid(), { timeout: 15_000 }).not.toBe(pid);
          await sleep(2000);
        });
        expect(sent).toBeGreaterThan(20);
        expect({ prompts, answers }).toEqual({ prompts: 0, answers: 0 });
        await untilServed('lenient');
      },
    );

    it('in the style stealth no refusal says who refuses when what serves the plugins dies', async () => {
      const pid = stage.gateway.servingPid?.();
      if (!pid) return;
      await untilServed('stealthy');
      const refusals: string[] = [];
      const send = async () => {
        const { status, text, headers } = await stage.post(PROMPT, { route: 'stealthy' });
        if (status !== 200) refusals.push(`${status} ${JSON.stringify([...headers])} ${text}`);
      };
      await underLoad(send, async () => {
        process.kill(pid, 'SIGKILL');
        await untilServed('openai');
      });
      expect(refusals.filter((text) => text.includes('{"error":{"message":"request failed"}}'))).not.toEqual(
        [],
      );
      expect(refusals.filter((text) => /crowdstrike|aidr/i.test(text))).toEqual([]);
    });

    it('the lenient guard lets them through and says so', async () => {
      const { prompts } = await leaksOn('lenient');
      expect(prompts).toBeGreaterThan(0);
      const noted = () =>
        stage.gateway.log().match(/guard: the prompt was not inspected and passes/g)?.length ?? 0;
      await expect.poll(noted, { timeout: 5000 }).toBeGreaterThanOrEqual(prompts);
    });
  });

  describe('while the gateway reloads', () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await startStage({ ...options, workers: 2 });
    });
    afterAll(() => stage?.stop());

    it('requests under way are answered, whichever worker leaves first, and no old process stays', async () => {
      if (!stage.gateway.servingPid) return;
      const send = () => stage.post(PROMPT);
      await Promise.all(Array.from({ length: 6 }, send));
      const old = stage.gateway.servingPid();
      stage.aidr.fault({ kind: 'delay', delayMs: 2000, match: { event_type: 'input' } });
      const underWay = Array.from({ length: 6 }, send);
      await sleep(500);
      await stage.reload({});
      expect((await Promise.all(underWay)).map(({ status }) => status)).toEqual(Array(6).fill(200));
      await expect.poll(() => stage.gateway.servingPid?.(), { timeout: 15_000 }).not.toBe(old);
      await expect
        .poll(() => stage.gateway.pluginServerPids?.().includes(old ?? 0), { timeout: 15_000 })
        .toBe(false);
      expect((await send()).status).toBe(200);
    }, 60_000);
  });

  describe('while twenty routes have a key each', () => {
    let stage: Stage;
    const routes = (generation: string): Record<string, RouteVariant> =>
      Object.fromEntries(
        ROUTES.map((route) => [
          route,
          { config: { ai_guard_api_key: `pts_${route}`, app_id: route, tenant_id: generation } },
        ]),
      );
    beforeAll(async () => {
      const keys = ROUTES.map((route) => `pts_${route}`);
      stage = await startStage({ ...options, workers: 2, keys, routes: routes('one') });
    });
    afterAll(() => stage?.stop());

    const generations = () => stage.aidr.calls.map(({ body }) => (body as { tenant_id: string }).tenant_id);

    it('every AIDR call carries the key of its own route, through a crash and a reload', async () => {
      const send = async (turn: number) => {
        await stage.post(PROMPT, { route: ROUTES[turn % ROUTES.length] ?? '' });
      };
      await underLoad(send, async () => {
        const asked = () => stage.aidr.calls.length;
        await expect.poll(asked, { timeout: 15_000 }).toBeGreaterThan(25);
        await stage.gateway.killPluginServers();
        await sleep(1500);
        await stage.reload(routes('two'));
        await expect.poll(() => generations(), { timeout: 15_000 }).toContain('two');
        await sleep(1000);
        await expect.poll(asked, { timeout: 15_000 }).toBeGreaterThan(50);
      });
      const calls = stage.aidr.calls.map(({ key, body }) => ({
        key,
        ...(body as { app_id: string; tenant_id: string }),
      }));
      expect(calls.length).toBeGreaterThan(50);
      expect(calls.filter(({ key, app_id }) => key !== `pts_${app_id}`)).toEqual([]);
    });
  });
}

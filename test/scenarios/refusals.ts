/** What is refused before AIDR is asked: empty bodies, what the guard refuses, and configurations. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Stage, type StageOptions, startStage } from '../../testkit/harness/stage.ts';

const PROMPT = JSON.stringify({
  model: 'gpt-4o-mini',
  messages: [{ role: 'user', content: 'What does the employee record say?' }],
});
/** Bytes; more than Kong keeps in memory. */
const SMALL = 20_000;

export function refusals(options: StageOptions): void {
  describe('before AIDR is asked', () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await startStage({
        ...options,
        routes: {
          'request-only': { without: ['crowdstrike-aidr-response', 'post-function'] },
          'response-only': { without: ['crowdstrike-aidr-request', 'post-function'] },
          'guard-only': { without: ['crowdstrike-aidr-request', 'crowdstrike-aidr-response'] },
          unguarded: { without: ['post-function'] },
          'small-response-only': {
            config: { max_body_size: SMALL },
            without: ['crowdstrike-aidr-request', 'post-function'],
          },
          'small-audit': { config: { max_body_size: SMALL, enforcing_strategy: 'audit' } },
          // Kong's schema cannot say what a regular expression is.
          unusable: { config: { deny_patterns: ['(?=x)'] } },
          idle: {
            config: {
              recipe: 'old',
              guarding_mode: 'OUTPUT',
              stop_on_error: true,
              stream_batch_size: 20,
              response_failure_message: 'No.',
            },
          },
        },
      });
    });
    beforeEach(() => stage.reset());
    afterAll(() => stage?.stop());

    it('an empty body is refused where a prompt is due, and passes elsewhere', async () => {
      stage.provider.answer({ body: { id: 'batch_1' } });
      expect((await stage.post('')).status).toBe(400);
      expect((await stage.post('', { path: '/v1/batches/batch_1/cancel' })).status).toBe(200);
    });

    it('the absence of the guard is one error line, its presence is none', async () => {
      for (const route of ['unguarded', 'unguarded', 'openai']) await stage.post(PROMPT, { route });
      await expect.poll(() => stage.gateway.log(), { timeout: 5000 }).toContain('the guard is missing');
      expect(stage.gateway.log().match(/the guard is missing on service \S+/g)).toEqual([
        'the guard is missing on service unguarded-service:',
      ]);
    });

    it('the guard refuses a prompt that no request plugin marked', async () => {
      const reply = await stage.post(PROMPT, { route: 'guard-only' });
      expect(reply).toMatchObject({
        status: 503,
        text: expect.stringContaining('guard: the prompt was not inspected'),
      });
      expect(stage.provider.requests).toEqual([]);
    });

    it.each(['request-only', 'response-only', 'unguarded'])(
      'the plugins of route %s work on their own',
      async (route) => {
        const reply = await stage.post(PROMPT, { route });
        expect(reply.status).toBe(200);
        expect(stage.aidr.calls).toHaveLength(route === 'unguarded' ? 2 : 1);
        expect(reply.text.includes('234-56-7890')).toBe(route === 'request-only');
      },
    );

    it.each([
      ['the response plugin alone does not refuse', 'small-response-only'],
      ['an audit does not refuse', 'small-audit'],
    ])('%s a prompt over the limit whose length nobody announced', async (_title, route) => {
      const body = new Blob([PROMPT, ' '.repeat(SMALL)]).stream();
      const reply = await fetch(`${stage.gateway.url}/${route}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        duplex: 'half',
      });
      expect({ status: reply.status, text: await reply.text() }).toMatchObject({ status: 200 });
      expect(stage.provider.requests).toHaveLength(1);
      // An audit does so when the answer is gone.
      await expect.poll(() => stage.aidr.calls.length).toBe(1);
    });

    it('every request on a route with a setting that cannot work gets 500', async () => {
      expect((await stage.post(PROMPT, { route: 'unusable' })).status).toBe(500);
      expect(stage.provider.requests).toEqual([]);
      expect(stage.aidr.calls).toEqual([]);
    });

    it('the log says why a configuration was refused and what is set in vain, without the key', async () => {
      await Promise.all(['unusable', 'idle'].map((route) => stage.post(PROMPT, { route })));
      for (const name of ['recipe', 'guarding_mode', 'stop_on_error', 'stream_batch_size'])
        await expect
          .poll(() => stage.gateway.log(), { timeout: 5000 })
          .toContain(`${name} is set but has no effect`);
      const log = stage.gateway.log();
      expect(log).toContain('deny_patterns: rule 1 needs lookaround');
      expect(log).toContain('crowdstrike-aidr-request: response_failure_message is set but has no effect');
      expect(log).not.toContain('crowdstrike-aidr-response: response_failure_message');
      expect(log).not.toContain('response_mode is set');
      expect(log).not.toContain('pts_demo');
    });

    it('the log names failures by class, without a word of content', async () => {
      stage.aidr.fault({ kind: 'status', status: 500, form: 'pangea' });
      await stage.post(PROMPT);
      // What the relay finds is written with the next request.
      await stage.post(PROMPT);
      await expect
        .poll(() => stage.gateway.log(), { timeout: 5000 })
        .toContain('refused a prompt, server_error');
      expect(stage.gateway.log()).not.toContain('employee record');
    });
  });
}

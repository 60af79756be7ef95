/** Plugins of Kong's own that answer by themselves, on routes with ours and the guard. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guardPlugin } from '../../src/kong/guard-plugin.ts';
import { type Stage, type StageOptions, startStage } from '../../testkit/harness/stage.ts';

const termination = { name: 'request-termination', config: { status_code: 418, body: '{"closed":true}' } };

export function neighbours(options: StageOptions): void {
  describe('beside plugins that answer by themselves', () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await startStage({
        ...options,
        routes: {
          keys: { plugins: [{ name: 'key-auth' }] },
          limited: { plugins: [{ name: 'rate-limiting', config: { minute: 1, policy: 'local' } }] },
          'prompt-guard': {
            plugins: [{ name: 'ai-prompt-guard', config: { deny_patterns: ['.*weather.*'] } }],
          },
          closed: { plugins: [termination] },
          'closed-allowed': {
            without: ['post-function'],
            plugins: [
              termination,
              guardPlugin(['request', 'response'], false, { 'below-response': '418' }),
            ] as object[] as { name: string }[],
          },
        },
      });
    });
    afterAll(() => stage?.stop());

    const ask = (route: string) =>
      stage.post(
        JSON.stringify({
          model: 'gpt-4o-mini',
          messages: [{ role: 'user', content: 'What is the weather?' }],
        }),
        { route },
      );

    it.each([
      ['key-auth', 'keys', [401], 'No API key found'],
      ['rate-limiting', 'limited', [200, 429], 'API rate limit exceeded'],
      ['ai-prompt-guard', 'prompt-guard', [400], 'bad request'],
      ['request-termination, where the guard was told so,', 'closed-allowed', [418], '{"closed":true}'],
    ])("%s' refusal reaches the client", async (_name, route, statuses, text) => {
      const replies = [];
      for (const _ of statuses) replies.push(await ask(route));
      expect(replies.map(({ status }) => status)).toEqual(statuses);
      expect(replies.at(-1)?.text).toContain(text);
    });

    it("request-termination's answer does not, otherwise", async () => {
      expect(await ask('closed')).toMatchObject({
        status: 503,
        text: expect.stringContaining('guard: the answer was not inspected'),
      });
    });
  });
}

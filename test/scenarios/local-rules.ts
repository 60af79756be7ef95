/** The operator's own patterns: what they reject reaches neither AIDR nor the provider, in any provider's format. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RouteVariant, type Stage, type StageOptions, startStage } from '../../testkit/harness/stage.ts';
import { chatBody, NATIVE_PROMPTS, OPENAI_PROMPTS, type PromptShape } from './provider-prompts.ts';

const DENIED = 'Say the MAGIC word';

const FORMATS: Record<string, PromptShape> = {
  ...OPENAI_PROMPTS,
  'a text in two parts': {
    provider: 'openai',
    path: '/v1/chat/completions',
    body: (prompt) =>
      chatBody([prompt.slice(0, 10), prompt.slice(10)].map((text) => ({ type: 'text', text }))),
  },
  ...NATIVE_PROMPTS,
};

const route = (provider: string, settings: object): RouteVariant => ({
  config: { upstream_llm: { provider, api_uri: 'auto' }, ...settings },
  without: ['crowdstrike-aidr-response', 'post-function'],
});

/** What stands behind it, each provider's clients read in their own way. */
const rejection = (reason: string) =>
  expect.stringContaining(
    JSON.stringify({ reason, status: 'Prompt has been rejected by CrowdStrike AIDR' }).slice(0, -1),
  );

export function localRules(options: StageOptions): void {
  describe('local patterns', () => {
    let stage: Stage;
    beforeAll(async () => {
      const deny = { deny_patterns: ['no such thing', '(?i)\\bmagic word\\b'] };
      const providers = [...new Set(Object.values(FORMATS).map(({ provider }) => provider))];
      stage = await startStage({
        ...options,
        routes: {
          ...Object.fromEntries(providers.map((provider) => [`deny-${provider}`, route(provider, deny)])),
          allow: route('openai', { allow_patterns: ['^Tell me', 'weather'] }),
          last: route('openai', { ...deny, allow_all_conversation_history: true }),
          roles: route('openai', { ...deny, match_all_roles: true }),
          invalid: route('openai', { deny_patterns: ['fine', 'hush(?=hush)'] }),
          both: { config: deny },
        },
      });
    });
    beforeEach(() => stage.reset());
    afterAll(() => stage?.stop());

    const expectRejected = async (name: string, path: string, body: unknown, reason: string) => {
      const reply = await stage.post(JSON.stringify(body), { route: name, path });
      expect(reply).toMatchObject({ status: 400, text: rejection(reason) });
      expect(stage.aidr.calls).toEqual([]);
      expect(stage.provider.requests).toEqual([]);
    };
    const expectPassed = async (name: string, path: string, body: unknown) => {
      stage.provider.answer({ body: { id: 'answer' } });
      expect((await stage.post(JSON.stringify(body), { route: name, path })).status).toBe(200);
      expect(stage.aidr.calls).not.toEqual([]);
      expect(stage.provider.requests).toHaveLength(1);
    };
    const CHAT = '/v1/chat/completions';

    it.each(Object.entries(FORMATS))(
      'deny a prompt in %s, and let others go on to AIDR',
      async (_name, { provider, path, body }) => {
        await expectRejected(`deny-${provider}`, path, body(DENIED), 'denied by deny_patterns rule 2');
        await expectPassed(`deny-${provider}`, path, body('Say the other word'));
      },
    );

    it('allow what matches one of them, and nothing else', async () => {
      await expectRejected('allow', CHAT, chatBody('Say a word'), 'no allow_patterns rule matches');
      await expectPassed('allow', CHAT, chatBody('Is the weather good?'));
    });

    it('look at what the user said before, unless the route allows all history', async () => {
      const body = {
        messages: [
          { role: 'user', content: DENIED },
          { role: 'assistant', content: 'Please?' },
          { role: 'user', content: 'Again' },
        ],
      };
      await expectRejected('deny-openai', CHAT, body, 'denied by deny_patterns rule 2');
      await expectPassed('last', CHAT, body);
    });

    it('look at what other roles said only where the route says so', async () => {
      const body = {
        messages: [
          { role: 'system', content: DENIED },
          { role: 'user', content: 'Hello' },
        ],
      };
      await expectRejected('roles', CHAT, body, 'denied by deny_patterns rule 2');
      await expectPassed('deny-openai', CHAT, body);
    });

    it('stand beside the other plugins of the route, which have no part in them', async () => {
      await expectRejected('both', CHAT, chatBody(DENIED), 'denied by deny_patterns rule 2');
      const reply = await stage.post(JSON.stringify(chatBody('Hello')), { route: 'both' });
      expect(reply.status).toBe(200);
    });

    it('that need lookaround refuse every request, and the log names the rule but not its text', async () => {
      const reply = await stage.post(JSON.stringify(chatBody('Hello')), { route: 'invalid' });
      expect(reply.status).toBe(500);
      expect(stage.provider.requests).toEqual([]);
      expect(stage.aidr.calls).toEqual([]);
      await expect
        .poll(() => stage.gateway.log(), { timeout: 5000 })
        .toContain('deny_patterns: rule 2 needs lookaround');
      expect(stage.gateway.log()).not.toContain('(?=hush)');
    });
  });
}

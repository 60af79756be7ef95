/** Plugins of Kong Enterprise, which Kong without a licence does not have: plugins in Lua that do the same at the same place. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { embedded } from '../../testkit/harness/gateways/embedded.ts';
import { type RouteVariant, type Stage, type StageOptions, startStage } from '../../testkit/harness/stage.ts';
import { answering, changing, EXIT_BODY, luaPlugins, renamed } from '../lua-plugins.ts';
import { toAnthropic } from './ai-proxy.ts';
import { answerOf } from './provider-answers.ts';

const SECRET = '078-05-1120';
const REFUSED = 'is refused';
/** The guard cannot tell it from an authentication that refuses. */
const PASSES = 'reaches the client';

const ANSWERING: [
  plugin: string,
  priority: number,
  status: number,
  outcome: typeof REFUSED | typeof PASSES,
][] = [
  ['openid-connect', 1050, 401, PASSES],
  ['ai-mcp-proxy', 820, 200, PASSES],
  ['ai-semantic-cache', 765, 200, REFUSED],
  ['upstream-oauth', 760, 200, REFUSED],
  ['kafka-upstream', 751, 200, REFUSED],
  ['graphql-proxy-cache-advanced', 99, 200, REFUSED],
  ['forward-proxy', 50, 200, REFUSED],
  ['mocking', -1, 200, REFUSED],
];

const ADVANCED = 'ai-proxy-stand-in';
/** Kong's own ai-proxy in the place of ai-proxy-advanced, which does the same with several models. */
const toAnthropicAdvanced: RouteVariant = {
  ...toAnthropic,
  plugins: (providerUrl) => {
    const { plugins = [] } = toAnthropic;
    const all = typeof plugins === 'function' ? plugins(providerUrl) : plugins;
    return all.map((plugin) => ({ ...plugin, name: ADVANCED }));
  },
};

export function enterpriseNeighbours(options: StageOptions): void {
  // The embedded gateway has an ai-proxy of its own, and no plugin in Lua can use it.
  const hasAiProxy = options.driver !== embedded;

  describe('beside plugins of Kong Enterprise', () => {
    let stage: Stage;
    let remove = async () => {};
    beforeAll(async () => {
      const besides = await luaPlugins([
        ...ANSWERING.map(([, priority]) => answering(priority)),
        changing(776),
        ...(hasAiProxy ? [renamed(ADVANCED, 'ai-proxy')] : []),
      ]);
      remove = besides.remove;
      stage = await startStage({
        ...{ ...options, placement: 'phases' },
        besides,
        routes: {
          ...Object.fromEntries(
            ANSWERING.map(([plugin, priority, status]): [string, RouteVariant] => [
              plugin,
              { plugins: [{ name: `answers-at-${priority}`, config: { status } }] },
            ]),
          ),
          'ai-sanitizer': { plugins: [{ name: 'changes-at-776', config: { from: 'Alice', to: 'PERSON' } }] },
          ...(hasAiProxy ? { 'ai-proxy-advanced': toAnthropicAdvanced } : {}),
        },
      });
    });
    beforeEach(() => stage.reset());
    afterAll(async () => {
      await stage?.stop();
      await remove();
    });

    const ask = (route: string, content = 'Hi') =>
      stage.post(JSON.stringify({ model: 'claude', messages: [{ role: 'user', content }] }), { route });
    const sent = () => stage.provider.requests.map(({ body }) => body.toString());

    it.each(ANSWERING)(
      'what %s (%i) answers by itself, status %i, %s',
      async (plugin, _priority, status, outcome) => {
        const reply = await ask(plugin);
        if (outcome === PASSES) expect([reply.status, reply.text]).toEqual([status, EXIT_BODY]);
        else expect(reply).toMatchObject({ status: 503, text: expect.stringContaining('guard: ') });
        expect(sent()).toEqual([]);
      },
    );

    it('AIDR sees what ai-sanitizer takes out, and again what the provider gets', async () => {
      expect((await ask('ai-sanitizer', 'Tell Alice.')).status).toBe(200);
      expect(sent()).toEqual([expect.stringContaining('Tell PERSON.')]);
      const inputs = stage.aidr.calls
        .map((call) => JSON.stringify(call))
        .filter((call) => /"input"/.test(call));
      expect(inputs).toEqual([
        expect.stringContaining('Tell Alice.'),
        expect.stringContaining('Tell PERSON.'),
      ]);
    });

    it.skipIf(!hasAiProxy)('both directions are inspected beside ai-proxy-advanced', async () => {
      stage.provider.answer(answerOf(`It is ${SECRET}.`));
      const reply = await ask('ai-proxy-advanced', `My SSN is ${SECRET}`);
      expect(JSON.parse(reply.text)).toMatchObject({
        object: 'chat.completion',
        choices: [{ message: { content: expect.not.stringContaining(SECRET) } }],
      });
      expect(sent()).toEqual([expect.stringContaining('My SSN is <US_SSN>')]);
    });
  });
}

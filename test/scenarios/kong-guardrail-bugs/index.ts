/** The bugs that Kong's changelog tells of its own guardrail plugins: none of them is in ours. */
import { afterAll, beforeAll, beforeEach, describe, it } from 'vitest';
import {
  type Emulator,
  loadPolicy,
  type Policy,
  startEmulator,
} from '../../../testkit/aidr-emulator/index.ts';
import {
  type RouteVariant,
  type Stage,
  type StageOptions,
  startStage,
} from '../../../testkit/harness/stage.ts';
import { NATIVE_PROMPTS } from '../provider-prompts.ts';
import { ANSWER_BUGS } from './answers.ts';
import { CLAUDE_CODE_BUG, CLAUDE_CODE_ROUTES } from './claude-code.ts';
import { neighbourBugs, neighbourOn } from './neighbours.ts';
import { OPERATION_BUGS } from './operation.ts';
import { PROMPT_BUGS } from './prompts.ts';

const ALICES_KEY = 'pts_alice';

const ROUTES: Record<string, RouteVariant> = {
  ...Object.fromEntries(
    Object.values(NATIVE_PROMPTS).map(({ provider }) => [
      provider,
      { config: { upstream_llm: { provider, api_uri: 'auto' } } },
    ]),
  ),
  ...CLAUDE_CODE_ROUTES,
  'new-turns': { config: { inspect_history: 'new_turns' } },
  'last-denied': { config: { deny_patterns: ['magic word'], allow_all_conversation_history: true } },
  'on-detection': { config: { enforce_on_detection: true } },
  worded: { config: { request_failure_message: 'First words.' } },
  keyed: { plugins: [{ name: 'key-auth', config: { key_names: ['apikey'] } }] },
};

export function kongGuardrailBugs(options: StageOptions): void {
  describe("a bug of Kong's own guardrails", () => {
    const neighbour = neighbourOn(options.driver);
    const routes = { ...ROUTES, neighboured: neighbour.route };
    let stage: Stage;
    let alicesAidr: Emulator;
    beforeAll(async () => {
      alicesAidr = await startEmulator({ keys: [ALICES_KEY] });
      stage = await startStage({
        ...options,
        routes,
        policy: await encryptingCards(),
        consumers: [consumer('alice', [instanceAt(alicesAidr.url)]), consumer('bob', [])],
      });
    });
    beforeEach(() => {
      stage.reset();
      alicesAidr.reset();
    });
    afterAll(async () => {
      try {
        await stage?.stop();
      } finally {
        await alicesAidr?.stop();
      }
    });

    const bugs = [
      ...PROMPT_BUGS,
      CLAUDE_CODE_BUG,
      ...ANSWER_BUGS,
      ...neighbourBugs(neighbour),
      ...OPERATION_BUGS,
    ];
    for (const { bug, fixedIn, promise, check } of bugs)
      it(`"${bug}" (before ${fixedIn}) is none of ours: ${promise}`, ({ skip }) =>
        check({
          stage,
          alicesAidr,
          skip,
          reload: (changed) => stage.reload({ ...routes, ...changed }),
        }));
  });
}

/** So that values have to be restored. */
async function encryptingCards(): Promise<Policy> {
  const policy = await loadPolicy();
  const { CREDIT_CARD: _, ...output } = policy.output;
  return { ...policy, input: { ...policy.input, CREDIT_CARD: 'encrypt' }, output };
}

function consumer(username: string, plugins: object[]): object {
  return { username, keyauth_credentials: [{ key: `k-${username}` }], plugins };
}

/** Kong runs it in place of the service's own. */
function instanceAt(aidrUrl: string): object {
  return {
    name: 'crowdstrike-aidr-request',
    config: {
      ai_guard_api_key: ALICES_KEY,
      ai_guard_api_base_url: aidrUrl,
      upstream_llm: { provider: 'openai', api_uri: '/v1/chat/completions' },
    },
  };
}

/** Whole sessions of coding agents: what AIDR is asked, and what it is not asked again. */
import { ChatCompletionsGuardSchema } from '@crowdstrike/aidr/schemas/ai-guard';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { claudeCode } from '../../testkit/agents/claude-code.ts';
import { codex } from '../../testkit/agents/codex.ts';
import { type AgentTool, frameOf } from '../../testkit/agents/tools.ts';
import { seeded, shuffled } from '../../testkit/agents/words.ts';
import { type Stage, type StageOptions, startStage } from '../../testkit/harness/stage.ts';

const TURNS = 20;
const ANTHROPIC = { upstream_llm: { provider: 'anthropic', api_uri: 'auto' } };
const OPENAI = { upstream_llm: { provider: 'openai', api_uri: 'auto' } };
const LIVE = { response_mode: 'live' };

/** What one session cost. */
interface Cost {
  /** Bytes. */
  prompts: number;
  /** Of AIDR, by direction. */
  calls: { input: number; output: number };
  sent: { input: number; output: number };
  /** Calls about answers with the same words as another one. */
  repeated: number;
  /** The most calls that one prompt took. */
  most: number;
}

interface ToolsSent {
  guard_input: { tools?: { function: { name: string } }[] };
}

interface Run {
  agent: 'claude' | 'codex';
  route: string;
  /** Writes the keys of every object in another order, another one with each request. */
  isShuffled?: boolean;
  /** Where a request goes, by its number; default: all to the first stage. */
  nodeOf?: (turn: number) => number;
  /** Of its system prompt and tools; default: those of no other session. */
  frame?: number;
}

export function agentMemory(options: StageOptions): void {
  describe('a session of a coding agent', () => {
    let stages: Stage[];
    beforeAll(async () => {
      const once = { inspect_system: 'once' };
      const routes = {
        claude: { config: ANTHROPIC },
        'claude-once': { config: { ...ANTHROPIC, ...once } },
        'claude-live': { config: { ...ANTHROPIC, ...LIVE } },
        codex: { config: OPENAI },
        'codex-once': { config: { ...OPENAI, ...once } },
        'codex-live': { config: { ...OPENAI, ...LIVE } },
      };
      stages = await Promise.all([1, 2].map(() => startStage({ ...options, routes })));
    });
    afterAll(() => Promise.all(stages?.map((stage) => stage.stop()) ?? []));
    beforeEach(() => {
      for (const stage of stages) stage.reset();
    });

    it.each<[string, Run, share: number]>([
      ['of Claude Code', { agent: 'claude', route: 'claude' }, 0.45],
      ['of Claude Code, with trusted system prompts', { agent: 'claude', route: 'claude-once' }, 0.17],
      ['of Claude Code, live', { agent: 'claude', route: 'claude-live' }, 0.45],
      ['of Codex', { agent: 'codex', route: 'codex' }, 0.45],
      ['of Codex, with trusted system prompts', { agent: 'codex', route: 'codex-once' }, 0.17],
      ['of Codex, live', { agent: 'codex', route: 'codex-live' }, 0.45],
    ])('%s costs AIDR a part of its prompts, and two calls a turn at most', async (name, run, share) => {
      const cost = await costOfSession(stages, run);
      expect(cost.prompts / TURNS).toBeGreaterThan(68_000);
      expect(cost.sent.input / cost.prompts).toBeLessThan(share);
      expect(cost.most).toBeLessThanOrEqual(2);
      // Of what an answer repeats of its request, nothing is asked twice.
      expect(cost.sent.output).toBeLessThan(run.route.endsWith('live') ? 150_000 : 95_000);
      expect(cost.repeated).toBe(0);
      if (process.env.AGENT_COSTS) console.log(name, JSON.stringify(cost));
    });

    it('of which the frame is known costs AIDR the frame no more', async () => {
      const run: Run = { agent: 'claude', route: 'claude-once', frame: 9_999 };
      const cold = await costOfSession(stages, run);
      for (const stage of stages) stage.reset();
      const warm = await costOfSession(stages, run);
      expect(cold.sent.input - warm.sent.input).toBeGreaterThan(45_000);
      expect(warm.sent.input / warm.prompts).toBeLessThan(0.05);
      expect(warm.most).toBe(1);
    });

    it('with a list that changes in one tool costs AIDR that tool', async () => {
      const [stage] = stages;
      if (!stage) throw new Error('no stage');
      const { tools } = frameOf(4_711);
      const ask = async (offered: readonly AgentTool[]) => {
        stage.aidr.calls.length = 0;
        const body = {
          ...{ model: 'claude', max_tokens: 9, messages: [{ role: 'user', content: 'Hello.' }] },
          tools: offered.map(({ schema, ...tool }) => ({ ...tool, input_schema: schema })),
        };
        stage.provider.answer({ body: { type: 'message', role: 'assistant', content: [] } });
        await stage.post(JSON.stringify(body), { route: 'claude', path: '/v1/messages' });
        const sent = stage.aidr.calls.filter(isInput).map(({ body }) => body as ToolsSent);
        const record = await stage.record('request');
        const offeredToAidr = sent.flatMap(({ guard_input: { tools = [] } }) => tools);
        return { names: offeredToAidr.map((tool) => tool.function.name), record };
      };
      const all = tools.map(({ name }) => name);
      expect(await ask(tools)).toMatchObject({ names: all, record: { unknown_recurring: 20 } });
      const [first, ...others] = tools as [AgentTool, ...AgentTool[]];
      const changed = { ...first, description: `${first.description} Now faster.` };
      expect(await ask([...others, changed])).toMatchObject({
        ...{ names: [first.name], record: { known_recurring: 19, unknown_recurring: 1 } },
      });
      expect(await ask(tools)).toMatchObject({ names: [], record: { known_recurring: 20, calls: 1 } });
    });

    it('is known in the next request when its client leaves a live answer at the last event', async () => {
      const [stage] = stages;
      if (!stage) throw new Error('no stage');
      const agent = codex({ frame: 4_712, session: 4_712_000 });
      // The connection stays open for a while after the last event.
      stage.provider.answer((request) => {
        const answer = agent.answer(request);
        return 'chunks' in answer
          ? { chunks: [...answer.chunks, ...Array(60).fill(': more\n\n')], delayMs: 2 }
          : answer;
      });
      await agent.run(async (path, body) => {
        const url = `${stage.gateway.url}/codex-live${path}`;
        const headers = { 'content-type': 'application/json' };
        const leaving = new AbortController();
        const answer = await fetch(url, { method: 'POST', body, headers, signal: leaving.signal });
        let text = '';
        for await (const chunk of answer.body ?? []) {
          text += Buffer.from(chunk).toString();
          if (/"response\.completed".*\n\n/.test(text)) break;
        }
        leaving.abort();
        return new Response(text);
      }, 2);
      const inputs = stage.aidr.calls.filter(isInput).map(({ raw }) => raw.length);
      // The second prompt: what the tool returned, the instructions, and no call for the answer.
      expect(inputs).toHaveLength(2);
      expect(inputs[1]).toBeLessThan(26_000);
    });

    it.each<[string, Run, share: number]>([
      [
        'the other node goes on',
        { agent: 'claude', route: 'claude', nodeOf: (turn) => Number(turn > 10) },
        0.45,
      ],
      [
        'each node gets every other request, with trusted system prompts',
        { agent: 'codex', route: 'codex-once', nodeOf: (turn) => turn % 2 },
        0.17,
      ],
    ])(
      'costs no more where %s, and every object has its keys in another order',
      async (_name, run, share) => {
        const cost = await costOfSession(stages, { ...run, isShuffled: true });
        expect(cost.sent.input / cost.prompts).toBeLessThan(share);
        expect(cost.most).toBeLessThanOrEqual(2);
      },
    );
  });
}

let sessions = 0;

/** Runs a session that nobody has seen before. */
async function costOfSession(stages: readonly Stage[], run: Run): Promise<Cost> {
  sessions += 1;
  const next = seeded(sessions);
  const seeds = { frame: run.frame ?? sessions, session: sessions * 1_000_000 };
  const agent = (run.agent === 'codex' ? codex : claudeCode)(seeds);
  for (const stage of stages) stage.provider.answer(agent.answer);
  let turn = 0;
  let most = 0;
  await agent.run(async (path, body) => {
    turn += 1;
    const stage = stages[run.nodeOf?.(turn) ?? 0];
    if (!stage) throw new Error('no such node');
    const before = stage.aidr.calls.length;
    const sent = run.isShuffled ? JSON.stringify(shuffled(JSON.parse(body), next)) : body;
    const headers = { traceparent: `00-${hex(32)}-${hex(16)}-01` };
    const { status, text } = await stage.post(sent, { route: run.route, path, headers });
    most = Math.max(most, stage.aidr.calls.slice(before).filter(isInput).length);
    return new Response(text, { status, headers: { 'content-type': 'text/event-stream' } });
  }, TURNS);
  const calls = stages.flatMap(({ aidr }) => aidr.calls);
  for (const { body } of calls)
    expect(await ChatCompletionsGuardSchema['~standard'].validate(body)).not.toHaveProperty('issues');
  const requests = stages.flatMap(({ provider }) => provider.requests);
  const [input, output] = [calls.filter(isInput), calls.filter((call) => !isInput(call))];
  return {
    prompts: sum(requests.map(({ body }) => body.length)),
    calls: { input: input.length, output: output.length },
    sent: {
      input: sum(input.map(({ raw }) => raw.length)),
      output: sum(output.map(({ raw }) => raw.length)),
    },
    ...{ repeated: output.length - new Set(output.map(wordsOf)).size, most },
  };
}

function wordsOf({ body }: Stage['aidr']['calls'][number]): string {
  return JSON.stringify((body as { guard_input: unknown }).guard_input);
}

function hex(digits: number): string {
  return crypto.randomUUID().replaceAll('-', '').slice(0, digits);
}

function isInput({ body }: Stage['aidr']['calls'][number]): boolean {
  return (body as { event_type?: string }).event_type === 'input';
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

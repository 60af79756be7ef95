/** Sessions of Claude Code's shape: Anthropic Messages, streamed, with signed thoughts, `tool_use` and `tool_result`. */
import Anthropic from '@anthropic-ai/sdk';
import type { Answer, ProviderRequest } from '../providers/index.ts';
import { type Agent, pieces, type Seeds, type Send } from './agent.ts';
import { frameOf, toolName } from './tools.ts';
import { prose, source } from './words.ts';

/** Characters of what a tool returns each turn. */
const RESULT = 1_000;

const cached = { cache_control: { type: 'ephemeral' as const } };

/** The agent uses the official client and its `stream` helper. */
export function claudeCode(seeds: Seeds): Agent {
  return {
    run: (send, turns) => run(send, turns, seeds),
    answer: (request) => answer(request, seeds.session),
  };
}

async function run(send: Send, turns: number, { frame, session }: Seeds): Promise<void> {
  const fetch = (url: string | URL | Request, init?: RequestInit) =>
    send(new URL(String(url)).pathname, String(init?.body));
  const client = new Anthropic({ apiKey: 'k', baseURL: 'http://gateway', maxRetries: 0, fetch });
  const { system, tools } = frameOf(frame);
  const messages: Anthropic.MessageParam[] = [
    { role: 'user', content: [{ type: 'text', text: prose(600, session + 2) }] },
  ];
  for (let turn = 1; turn <= turns; turn++) {
    const message = await client.messages
      .stream({
        ...{ model: 'claude', max_tokens: 32_000, thinking: { type: 'enabled', budget_tokens: 4_096 } },
        system: [
          { type: 'text', text: 'You are an agent that writes programs.', ...cached },
          { type: 'text', text: system, ...cached },
        ],
        tools: tools.map(({ name, description, schema }) => ({
          ...{ name, description },
          input_schema: schema as Anthropic.Tool.InputSchema,
        })),
        metadata: { user_id: 'user_0123456789abcdef_account__session_0b6c1d2e' },
        messages,
      })
      .finalMessage();
    messages.push({ role: 'assistant', content: message.content });
    const call = message.content.find((block) => block.type === 'tool_use');
    if (!call) throw new Error('the model called no tool');
    const content = source(RESULT, session + 100 + turn);
    messages.push({
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: call.id, content, ...cached }],
    });
  }
}

/** What the model says in its turn: a thought, a sentence and a call, each in pieces. */
function answer({ body }: ProviderRequest, session: number): Answer {
  const { messages } = JSON.parse(body.toString()) as { messages: unknown[] };
  const turn = Math.ceil(messages.length / 2);
  const input = JSON.stringify({
    path: `/work/${turn}/Ünïcode.ts`,
    content: `${source(160, session + 200 + turn)}\n\t"quoted" \u2028`,
    options: { limit: 100 + turn },
  });
  const [thought, said] = [prose(400, session + 300 + turn), prose(160, session + 400 + turn)];
  return { chunks: messageStream(turn, thought, said, input) };
}

function messageStream(turn: number, thought: string, said: string, input: string): string[] {
  const usage = { input_tokens: 20_000, output_tokens: 1 };
  const message = { id: `msg_${turn}`, type: 'message', role: 'assistant', model: 'claude' };
  const block = (index: number, content_block: object, deltas: object[]) => [
    event('content_block_start', { index, content_block }),
    ...deltas.map((delta) => event('content_block_delta', { index, delta })),
    event('content_block_stop', { index }),
  ];
  return [
    event('message_start', {
      message: { ...message, content: [], stop_reason: null, stop_sequence: null, usage },
    }),
    event('ping', {}),
    ...block(0, { type: 'thinking', thinking: '', signature: '' }, [
      ...pieces(thought).map((thinking) => ({ type: 'thinking_delta', thinking })),
      { type: 'signature_delta', signature: Buffer.from(`signature ${turn}`).toString('base64').repeat(8) },
    ]),
    ...block(
      1,
      { type: 'text', text: '' },
      pieces(said).map((text) => ({ type: 'text_delta', text })),
    ),
    ...block(2, { type: 'tool_use', id: `toolu_${turn}`, name: toolName(turn), input: {} }, [
      { type: 'input_json_delta', partial_json: '' },
      ...pieces(input).map((partial_json) => ({ type: 'input_json_delta', partial_json })),
    ]),
    event('message_delta', { delta: { stop_reason: 'tool_use', stop_sequence: null }, usage }),
    event('message_stop', {}),
  ];
}

function event(type: string, fields: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

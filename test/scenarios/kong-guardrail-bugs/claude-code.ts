/** A session of Claude Code: an agent on a command line that speaks Anthropic's API through the official client. */
import { randomBytes } from 'node:crypto';
import Anthropic from '@anthropic-ai/sdk';
import { expect } from 'vitest';
import type { RouteVariant } from '../../../testkit/harness/stage.ts';
import { PNG } from '../../png.ts';
import { asked, type Bug, type Ground, INJECTION, LEAK, MASKED, REPLACED, received, SECRET } from './bug.ts';

type Messages = Anthropic.Beta.Messages.BetaMessageParam[];
type Tool = Anthropic.Beta.Messages.BetaTool;

const ROUTE = 'claude-code';
const LIVE_ROUTE = 'claude-code-live';

const claude = { upstream_llm: { provider: 'anthropic', api_uri: '/v1/messages' } };

export const CLAUDE_CODE_ROUTES: Record<string, RouteVariant> = {
  [ROUTE]: { config: claude },
  [LIVE_ROUTE]: { config: { ...claude, response_mode: 'live' } },
};

export const CLAUDE_CODE_BUG: Bug = {
  bug: 'Claude Code does not work',
  fixedIn: '3.14.0.11',
  promise:
    'its streamed and counted conversations arrive and are answered byte for byte, inspected in every part',
  async check(on) {
    // First, because what was inspected is known afterwards.
    await isInspected(on);
    for (const route of [ROUTE, LIVE_ROUTE]) await worksUnchanged(on, route);
    await countsTokens(on);
  },
};

const EPHEMERAL = { type: 'ephemeral' as const };
/** Drawn at random, as signatures are. */
const SIGNATURE = `EqQBCkYIBxgCKkD${randomBytes(90).toString('base64')}`;

/** Schemas as JSON Schema generators write them, and those of MCP servers with nothing required. */
const TOOLS: Tool[] = [
  ...['Bash', 'Read', 'Edit', 'Grep'].map((name) => ({
    name,
    description: `The tool ${name}.\n\n${'- One more rule of its use, with `code` and "quotes".\n'.repeat(60)}`,
    input_schema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object' as const,
      properties: {
        file_path: { type: 'string', description: `The absolute path for ${name}` },
        timeout: { type: 'number', minimum: 0, default: 120000 },
        output_mode: { type: 'string', enum: ['content', 'files_with_matches', 'count'] },
      },
      required: ['file_path'],
      additionalProperties: false,
    },
  })),
  {
    name: 'mcp__tracker__list_issues',
    description: 'Lists issues.',
    input_schema: { type: 'object', properties: {}, required: [] },
    cache_control: EPHEMERAL,
  },
];

/** A conversation after its first tool call. */
function conversation(fileContent: string): Messages {
  return [
    {
      role: 'user',
      content: [
        {
          type: 'text',
          text: '<system-reminder>\nThe list of todos is empty. <b>Do not</b> mention it.\n</system-reminder>',
        },
        { type: 'text', text: 'Why does the test fail?' },
      ],
    },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'I should read the file first.', signature: SIGNATURE },
        { type: 'text', text: 'I will read the file.' },
        { type: 'redacted_thinking', data: SIGNATURE },
        { type: 'tool_use', id: 'toolu_01', name: 'Read', input: { file_path: '/repo/src/a.ts' } },
        { type: 'tool_use', id: 'toolu_02', name: 'Bash', input: {} },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'toolu_01', content: fileContent },
        {
          type: 'tool_result',
          tool_use_id: 'toolu_02',
          is_error: true,
          content: [
            { type: 'text', text: 'Exit code 1' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } },
          ],
          cache_control: EPHEMERAL,
        },
      ],
    },
  ];
}

const FILE = '     1→export const a = 1; // "quoted" \\ <tag>\n     2→\n';

function request(fileContent = FILE) {
  return {
    model: 'claude',
    max_tokens: 32_000,
    system: [
      { type: 'text' as const, text: 'You are an agent on a command line.', cache_control: EPHEMERAL },
      { type: 'text' as const, text: `Environment:\n${'- a fact\n'.repeat(200)}`, cache_control: EPHEMERAL },
    ],
    messages: conversation(fileContent),
    tools: TOOLS,
    thinking: { type: 'enabled' as const, budget_tokens: 31_999 },
    context_management: { edits: [{ type: 'clear_tool_uses_20250919' as const }] },
    metadata: { user_id: 'user_0f3b_account__session_9d1c' },
  };
}

const BETAS = ['claude-code-20250219', 'interleaved-thinking-2025-05-14', 'context-management-2025-06-27'];

/** The client, and the bodies that it sent. */
function claudeCode({ stage }: Ground, route = ROUTE): { client: Anthropic; sent: string[] } {
  const sent: string[] = [];
  const client = new Anthropic({
    apiKey: 'k',
    baseURL: `${stage.gateway.url}/${route}`,
    maxRetries: 0,
    defaultHeaders: { 'x-app': 'cli' },
    defaultQuery: { beta: 'true' },
    fetch: (url, init) => {
      sent.push(String(init?.body));
      return fetch(url, init);
    },
  });
  return { client, sent };
}

const event = (type: string, fields: object = {}) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;

const block = (index: number, content_block: object, ...deltas: object[]) => [
  event('content_block_start', { index, content_block }),
  ...deltas.map((delta) => event('content_block_delta', { index, delta })),
  event('content_block_stop', { index }),
];

/** Thinking, text, and a call of a tool whose input comes in fragments. */
function turn(command: string): string[] {
  const fragments = JSON.stringify({ file_path: command }).match(/.{1,7}/gs) ?? [];
  const message = {
    ...{ id: 'msg_01', type: 'message', role: 'assistant', model: 'claude', content: [] },
    ...{ stop_reason: null, stop_sequence: null, usage: { input_tokens: 9, output_tokens: 1 } },
  };
  return [
    event('message_start', { message }),
    event('ping'),
    ...block(
      0,
      { type: 'thinking', thinking: '', signature: '' },
      { type: 'thinking_delta', thinking: 'Run ' },
      { type: 'thinking_delta', thinking: 'the test.' },
      { type: 'signature_delta', signature: SIGNATURE },
    ),
    ...block(1, { type: 'text', text: '' }, { type: 'text_delta', text: 'Let me run it.' }),
    ...block(
      2,
      { type: 'tool_use', id: 'toolu_03', name: 'Bash', input: {} },
      ...['', ...fragments].map((partial_json) => ({ type: 'input_json_delta', partial_json })),
    ),
    event('message_delta', {
      delta: { stop_reason: 'tool_use', stop_sequence: null },
      usage: { output_tokens: 99 },
    }),
    event('message_stop'),
  ];
}

async function worksUnchanged(on: Ground, route: string): Promise<void> {
  const { stage } = on;
  stage.reset();
  const { client, sent } = claudeCode(on, route);
  stage.provider.answer({ chunks: turn('/repo/run test.sh') });
  const { content, stop_reason } = await client.beta.messages
    .stream({ ...request(), betas: BETAS })
    .finalMessage();
  expect({ content, stop_reason }).toMatchObject({
    stop_reason: 'tool_use',
    content: [
      { type: 'thinking', thinking: 'Run the test.', signature: SIGNATURE },
      { type: 'text', text: 'Let me run it.' },
      { type: 'tool_use', name: 'Bash', input: { file_path: '/repo/run test.sh' } },
    ],
  });
  expect(received(stage)).toEqual(sent);
  expect(stage.provider.requests[0]).toMatchObject({
    path: '/v1/messages?beta=true',
    headers: { 'anthropic-beta': BETAS.join(','), 'x-app': 'cli' },
  });
  const path = '/v1/messages?beta=true';
  const { text } = await stage.post(sent[0] ?? '', { route, path });
  expect(text).toBe(turn('/repo/run test.sh').join(''));
}

async function countsTokens(on: Ground): Promise<void> {
  const { stage } = on;
  stage.reset();
  const { client, sent } = claudeCode(on);
  const { max_tokens: _, metadata: __, ...counted } = request();
  stage.provider.answer({ body: { input_tokens: 4711 } });
  expect(await client.beta.messages.countTokens({ ...counted, betas: BETAS })).toEqual({
    input_tokens: 4711,
  });
  expect(received(stage)).toEqual(sent);
  expect(stage.provider.requests[0]?.path).toBe('/v1/messages/count_tokens?beta=true');
  // A count sends the whole conversation to the provider too.
  const poisoned = { ...counted, messages: conversation(INJECTION), betas: BETAS };
  await expect(client.beta.messages.countTokens(poisoned)).rejects.toBeInstanceOf(Anthropic.BadRequestError);
  expect(stage.provider.requests).toHaveLength(1);
}

async function isInspected(on: Ground): Promise<void> {
  const { stage } = on;
  stage.reset();
  const { client, sent } = claudeCode(on);
  stage.provider.answer({ chunks: turn(`/home/${LEAK}`) });
  const ask = (fileContent: string) =>
    client.beta.messages.stream({ ...request(fileContent), betas: BETAS }).finalMessage();
  const { content } = await ask(`${FILE}     3→// ${SECRET}\n`);
  expect(content[2]).toMatchObject({ type: 'tool_use', input: { file_path: `/home/${MASKED}` } });
  expect(received(stage)).toEqual([sent[0]?.replace(SECRET, REPLACED)]);

  const prompt = asked(stage.aidr, 'input');
  expect(prompt[0]?.tools).toHaveLength(TOOLS.length);
  const told = JSON.stringify([prompt, asked(stage.aidr, 'output')]);
  for (const part of [
    'agent on a command line',
    '- a fact',
    'One more rule',
    'export const a',
    'Exit code 1',
  ])
    expect(told).toContain(part);
  for (const part of ['Run the test.', 'Let me run it.', LEAK]) expect(told).toContain(part);
  expect(told).not.toContain(SIGNATURE);
  await expect(ask(`${FILE}${INJECTION}`)).rejects.toBeInstanceOf(Anthropic.BadRequestError);
  expect(received(stage)).toHaveLength(1);
}

/** Sessions of Codex' shape: OpenAI Responses, streamed, with reasoning items, function calls, and nothing stored. */
import type { Answer, ProviderRequest } from '../providers/index.ts';
import { type Agent, pieces, type Seeds, type Send } from './agent.ts';
import { frameOf, toolName } from './tools.ts';
import { prose, source } from './words.ts';

type Item = Record<string, unknown>;

/** Characters of what a tool returns each turn. */
const RESULT = 800;

export function codex(seeds: Seeds): Agent {
  return {
    run: (send, turns) => run(send, turns, seeds),
    answer: (request) => answer(request, seeds.session),
  };
}

/** Items go back as Codex writes them: without their ids. */
async function run(send: Send, turns: number, { frame, session }: Seeds): Promise<void> {
  const { system, tools } = frameOf(frame);
  const text = (role: string, words: string) => ({
    ...{ type: 'message', role },
    content: [{ type: 'input_text', text: words }],
  });
  const input: Item[] = [text('developer', prose(900, frame + 6)), text('user', prose(600, session + 7))];
  for (let turn = 1; turn <= turns; turn++) {
    const body = {
      ...{ model: 'gpt-5-codex', instructions: system, input },
      tools: tools.map(({ schema, ...tool }) => ({
        ...{ type: 'function', ...tool, strict: false, parameters: schema },
      })),
      ...{ tool_choice: 'auto', parallel_tool_calls: false, store: false, stream: true },
      ...{ reasoning: { effort: 'medium', summary: 'auto' }, include: ['reasoning.encrypted_content'] },
      prompt_cache_key: '0b6c1d2e-7f38-4c53-9d6a-0e1f2a3b4c5d',
    };
    const items = itemsIn(await (await send('/v1/responses', JSON.stringify(body))).text());
    const call = items.find(({ type }) => type === 'function_call');
    if (!call) throw new Error('the model called no tool');
    for (const { id: _, status: __, ...item } of items)
      input.push(item.type === 'reasoning' ? { ...item, content: null } : item);
    const output = JSON.stringify({
      output: source(RESULT, session + 100 + turn),
      metadata: { exit_code: 0 },
    });
    input.push({ type: 'function_call_output', call_id: call.call_id, output });
  }
}

function itemsIn(stream: string): Item[] {
  return stream
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice(6)) as { type: string; item?: Item })
    .flatMap(({ type, item }) => (type === 'response.output_item.done' && item ? [item] : []));
}

/** What the model says in its turn: a thought in two parts, a sentence and a call. The request is told again. */
function answer({ body }: ProviderRequest, session: number): Answer {
  const request = JSON.parse(body.toString()) as Item & { input: Item[] };
  const turn = request.input.filter(({ type }) => type === 'function_call_output').length + 1;
  const { instructions, tools, tool_choice, parallel_tool_calls, reasoning, store } = request;
  const response = {
    ...{ id: `resp_${turn}`, object: 'response', created_at: 1_764_000_000 + turn, model: request.model },
    ...{ error: null, incomplete_details: null, previous_response_id: null, usage: null, metadata: {} },
    ...{
      instructions,
      tools,
      tool_choice,
      parallel_tool_calls,
      reasoning,
      store,
      text: { format: { type: 'text' } },
    },
  };
  const args = JSON.stringify({
    path: `/work/${turn}/Ünïcode.ts`,
    content: `${source(160, session + 200 + turn)}\n\t"quoted"`,
    options: { limit: 100 + turn },
  });
  const output = outputOf(turn, session, args);
  let sequence = 0;
  const event = (type: string, fields: object) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...fields })}\n\n`;
  return {
    chunks: [
      event('response.created', { response: { ...response, status: 'in_progress', output: [] } }),
      event('response.in_progress', { response: { ...response, status: 'in_progress', output: [] } }),
      ...output.flatMap((item, index) => eventsOf(item, index, event)),
      event('response.completed', { response: { ...response, status: 'completed', output } }),
    ],
  };
}

function outputOf(turn: number, session: number, args: string): Item[] {
  const summary = [300, 400].map((seed) => ({
    type: 'summary_text',
    text: `**Plan**\n\n${prose(200, session + seed + turn)}`,
  }));
  const text = prose(160, session + 500 + turn);
  const name = toolName(turn);
  return [
    {
      id: `rs_${turn}`,
      type: 'reasoning',
      summary,
      encrypted_content: Buffer.from(prose(160, turn)).toString('base64'),
    },
    {
      ...{ id: `msg_${turn}`, type: 'message', role: 'assistant', status: 'completed' },
      content: [{ type: 'output_text', text, annotations: [], logprobs: [] }],
    },
    {
      id: `fc_${turn}`,
      type: 'function_call',
      status: 'completed',
      name,
      call_id: `call_${turn}`,
      arguments: args,
    },
  ];
}

type Event = (type: string, fields: object) => string;

function eventsOf(item: Item, output_index: number, event: Event): string[] {
  const at = { output_index, item_id: item.id };
  const text = (name: string, key: string, whole: string, more: object = {}) => [
    ...pieces(whole).map((delta) => event(`response.${name}.delta`, { ...at, ...more, delta })),
    event(`response.${name}.done`, { ...at, ...more, [key]: whole }),
  ];
  const added = (begun: Item) => event('response.output_item.added', { output_index, item: begun });
  const done = event('response.output_item.done', { output_index, item });
  if (item.type === 'reasoning') {
    const parts = item.summary as { text: string }[];
    return [
      added({ ...item, summary: [], encrypted_content: '' }),
      ...parts.flatMap((part, summary_index) => [
        event('response.reasoning_summary_part.added', {
          ...at,
          summary_index,
          part: { type: 'summary_text', text: '' },
        }),
        ...text('reasoning_summary_text', 'text', part.text, { summary_index }),
        event('response.reasoning_summary_part.done', { ...at, summary_index, part }),
      ]),
      done,
    ];
  }
  if (item.type === 'function_call')
    return [
      added({ ...item, status: 'in_progress', arguments: '' }),
      ...text('function_call_arguments', 'arguments', String(item.arguments)),
      done,
    ];
  const [part] = item.content as { text: string }[];
  const within = { content_index: 0 };
  return [
    added({ ...item, status: 'in_progress', content: [] }),
    event('response.content_part.added', { ...at, ...within, part: { ...part, text: '' } }),
    ...text('output_text', 'text', part?.text ?? '', within),
    event('response.content_part.done', { ...at, ...within, part }),
    done,
  ];
}

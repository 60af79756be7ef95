import { describe, expect, it } from 'vitest';
import { extractStream, rewriteStream, textsIn } from '../../../testkit/formats/openai-streams.ts';
import { responses } from './responses.ts';

const at = (type: string, rest: object, output_index = 0) => ({
  ...{ type: `response.${type}`, sequence_number: 1, item_id: `id-${Math.random()}`, output_index },
  ...rest,
});

const message = (...texts: string[]) => ({
  ...{ type: 'message', id: 'm', role: 'assistant', status: 'completed' },
  content: texts.map((text) => ({ type: 'output_text', text, annotations: [], logprobs: [] })),
});

const answer = (type: string, output: unknown[], rest: object = {}) => ({
  type: `response.${type}`,
  response: { id: 'r', object: 'response', model: 'gpt-x', status: 'completed', output, ...rest },
});

const spoken = (...deltas: string[]) => [
  at('output_item.added', { item: message() }),
  at('content_part.added', { content_index: 0, part: { type: 'output_text', text: '' } }),
  ...deltas.map((delta) => at('output_text.delta', { content_index: 0, delta, logprobs: [] })),
  at('output_text.done', { content_index: 0, text: deltas.join('') }),
  at('content_part.done', { content_index: 0, part: { type: 'output_text', text: deltas.join('') } }),
  at('output_item.done', { item: message(deltas.join('')) }),
];

describe('streamed responses', () => {
  it('finds a text once, however often it is told and whatever its ids are', () => {
    const values = [...spoken('Hel', 'lo'), answer('completed', [message('Hello')])];
    expect(textsIn(responses, values)).toEqual(['assistant text Hel|lo ×5']);
  });

  it('finds the name of a call once, whichever events tell it', () => {
    const item = { type: 'function_call', name: 'find', arguments: '{}' };
    const values = [
      at('output_item.added', { item: { ...item, arguments: '' } }),
      at('function_call_arguments.delta', { delta: '{}' }),
      at('function_call_arguments.done', { name: 'find', arguments: '{}' }),
      at('output_item.done', { item }),
      answer('completed', [item]),
    ];
    expect(textsIn(responses, values)).toEqual(['assistant label find ×4', 'assistant tool_arguments {} ×4']);
  });

  it.each(['audio', 'output_audio'])(
    'empties response.%s when its transcript is changed, and never reads it',
    (name) => {
      const values = [
        { type: 'response.created', response: { output: [] } },
        { type: `response.${name}.delta`, sequence_number: 1, delta: 'QUJD' },
        { type: `response.${name}.transcript.delta`, sequence_number: 2, delta: 'I am Bob' },
        { type: `response.${name}.delta`, sequence_number: 3, delta: 'REVG' },
        { type: `response.${name}.done`, sequence_number: 4 },
      ];
      expect(textsIn(responses, values)).toEqual(['assistant text I am Bob']);
      expect(extractStream(responses, values)?.opaque).toBe(1);
      const [, first, , second] = rewriteStream(responses, values, () => '#') as typeof values;
      expect([first?.delta, second?.delta]).toEqual(['', '']);
      expect(rewriteStream(responses, values, () => undefined)).toEqual(values);
    },
  );

  it.each([{ note: 'I am Bob' }, 'I am Bob'])('reads audio that is no base64: %j', (delta) => {
    expect(textsIn(responses, [at('audio.delta', { delta })])).toEqual(['assistant text I am Bob']);
  });

  it('rewrites every copy', () => {
    const values = [...spoken('I am ', 'Bob'), answer('incomplete', [message('I am Bob')])];
    const rewritten = JSON.stringify(rewriteStream(responses, values, () => 'I am <NAME>'));
    expect(rewritten).not.toContain('Bob');
    expect(rewritten.match(/I am <NAME>/g)).toHaveLength(4);
  });

  it.each<[string, string, object, string, object]>([
    ['function calls', 'function_call_arguments', {}, 'arguments', { type: 'function_call' }],
    ['calls of MCP servers', 'mcp_call_arguments', {}, 'arguments', { type: 'mcp_call' }],
    ['custom tools', 'custom_tool_call_input', {}, 'input', { type: 'custom_tool_call' }],
    ['code', 'code_interpreter_call_code', {}, 'code', { type: 'code_interpreter_call' }],
  ])('joins the fragments of %s, and rewrites their copies', (_, name, indices, key, item) => {
    const whole = '{"to":"a\\nb"}';
    const values = [
      at(`${name}.delta`, { ...indices, delta: '{"to":"a' }),
      at(`${name}.delta`, { ...indices, delta: '\\nb"}' }),
      at(`${name}.done`, { ...indices, [key]: whole }),
      at('output_item.done', { item: { ...item, [key]: whole } }),
      answer('completed', [{ ...item, [key]: whole }]),
    ];
    expect(textsIn(responses, values)).toEqual(['assistant tool_arguments {"to":"a|\\nb"} ×4']);
    const rewritten = JSON.stringify(rewriteStream(responses, values, () => '{"to":"x"}'));
    expect(rewritten).not.toContain('a\\\\nb');
  });

  it('joins commands, diffs and the output of shells', () => {
    const call = { type: 'shell_call', action: { commands: ['ls -a'] } };
    const values = [
      at('shell_call_command.added', { command_index: 0, command: '' }),
      at('shell_call_command.delta', { command_index: 0, delta: 'ls ' }),
      at('shell_call_command.delta', { command_index: 0, delta: '-a' }),
      at('shell_call_command.done', { command_index: 0, command: 'ls -a' }),
      at('output_item.done', { item: call }),
      at('shell_call_output_content.delta', { command_index: 0, delta: { stdout: 'fi' } }, 1),
      at('shell_call_output_content.delta', { command_index: 0, delta: { stdout: 'le' } }, 1),
      at('shell_call_output_content.done', { command_index: 0, output: [{ stdout: 'file' }] }, 1),
      at('apply_patch_call_operation_diff.delta', { delta: '+a' }, 2),
      at('apply_patch_call_operation_diff.done', { diff: '+a' }, 2),
    ];
    expect(textsIn(responses, values)).toEqual([
      'assistant tool_arguments ls |-a ×3',
      'tool tool_result fi|le ×2',
      'assistant tool_arguments +a ×2',
    ]);
  });

  it('reads reasoning, its summaries and refusals', () => {
    const values = [
      at('reasoning_summary_part.added', { summary_index: 1, part: { type: 'summary_text', text: '' } }),
      at('reasoning_summary_text.delta', { summary_index: 1, delta: 'Sum' }),
      at('reasoning_summary_text.done', { summary_index: 1, text: 'Sum' }),
      at('reasoning_summary_part.done', { summary_index: 1, part: { type: 'summary_text', text: 'Sum' } }),
      at('reasoning_text.delta', { content_index: 0, delta: 'Thought' }),
      at('reasoning_text.done', { content_index: 0, text: 'Thought' }),
      at('refusal.delta', { content_index: 0, delta: 'No' }, 1),
      at('refusal.done', { content_index: 0, refusal: 'No' }, 1),
    ];
    expect(textsIn(responses, values)).toEqual([
      'assistant reasoning Sum ×3',
      'assistant reasoning Thought ×2',
      'assistant refusal No ×2',
    ]);
  });

  it('joins the parts of a message, whoever tells them', () => {
    const values = [
      at('output_text.delta', { content_index: 0, delta: 'a@' }),
      at('output_text.done', { content_index: 0, text: 'a@' }),
      at('output_text.delta', { content_index: 1, delta: 'b.c' }),
      at('output_text.done', { content_index: 1, text: 'b.c' }),
      at('output_item.done', { item: message('a@', 'b.c') }),
    ];
    expect(textsIn(responses, values)).toEqual(Array(3).fill('assistant text a@|b.c'));
  });

  it('inspects echoes of the request once, and what differs from its deltas on its own', () => {
    const echo = { instructions: 'Be kind.' };
    const values = [
      answer('created', [], echo),
      answer('in_progress', [], echo),
      at('output_text.delta', { content_index: 0, delta: 'Abri' }),
      at('output_text.done', { content_index: 0, text: 'Abridged' }),
      answer('completed', [message('Abridged')], echo),
    ];
    expect(textsIn(responses, values)).toEqual([
      'system text Be kind. ×3',
      'assistant text Abri',
      'assistant text Abridged ×2',
    ]);
  });

  it('keeps the items of two answers in one stream apart', () => {
    const values = [answer('created', []), ...spoken('one'), answer('created', []), ...spoken('two')];
    expect(textsIn(responses, values)).toEqual(['assistant text one ×4', 'assistant text two ×4']);
  });

  it('empties the log probabilities of changed texts', () => {
    const values = [
      at('output_text.delta', { content_index: 0, delta: 'Bob', logprobs: [{ token: 'Bob' }] }),
      at('output_text.done', { content_index: 0, text: 'Bob', logprobs: [{ token: 'Bob' }] }),
    ];
    expect(JSON.stringify(rewriteStream(responses, values, () => '<NAME>'))).not.toContain('Bob');
  });

  it('reads annotations, errors and events that it does not know, and counts images once', () => {
    const image = { type: 'image_generation_call', result: 'AAAA', revised_prompt: 'A cat' };
    const values = [
      at('output_text.annotation.added', {
        ...{ content_index: 0, annotation_index: 0 },
        annotation: { type: 'url_citation', title: 'Title' },
      }),
      at('omen.delta', { delta: 'so' }),
      at('omen.delta', { delta: 'on', aside: 'later' }),
      at('output_item.done', { item: image }),
      answer('completed', [image]),
      { type: 'error', code: 'server_error', message: 'Broke at "hi"' },
      undefined,
    ];
    const found = extractStream(responses, values);
    expect(found?.segments.map(({ role, kind, text }) => `${role} ${kind} ${text}`)).toEqual([
      'tool citation Title',
      'assistant text soon',
      'assistant text later',
      'assistant tool_arguments A cat',
      'tool text server_error',
      'tool text Broke at "hi"',
    ]);
    expect(found?.opaque).toBe(1);
  });

  it('leaves other streams to other formats', () => {
    expect(
      textsIn(responses, [{ type: 'stream-end', response: { text: 'a' } }, { choices: [] }]),
    ).toBeUndefined();
  });
});

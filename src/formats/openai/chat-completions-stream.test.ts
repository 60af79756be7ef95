import { describe, expect, it } from 'vitest';
import { extractStream, rewriteStream, textsIn } from '../../../testkit/formats/openai-streams.ts';
import type { Segment } from '../segment.ts';
import { chatCompletions } from './chat-completions.ts';
import { completions } from './completions.ts';

const chunk = (delta: unknown, index?: number, rest: object = {}) => ({
  ...{ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-x' },
  choices: [{ ...(index === undefined ? {} : { index }), delta, finish_reason: null, ...rest }],
});

const call = (args: string, rest: object = {}, tool: object = {}) => ({
  tool_calls: [{ ...rest, function: { ...tool, arguments: args } }],
});

describe('streamed chat completions', () => {
  it.each<[string, unknown[], string[]]>([
    [
      'joins a text over chunks, of which only the first has a role',
      [
        chunk({ role: 'assistant', content: '' }, 0),
        chunk({ content: 'My na' }, 0),
        chunk({ content: 'me' }, 0),
      ],
      ['assistant text My na|me'],
    ],
    [
      'keeps interleaved choices apart',
      [chunk({ content: 'a1' }, 0), chunk({ content: 'b1' }, 1), chunk({ content: 'a2' }, 0)],
      ['assistant text a1|a2', 'assistant text b1'],
    ],
    [
      'reads refusals, reasoning and transcripts beside the content',
      [
        chunk({ reasoning_content: 'Hm' }, 0),
        chunk({ reasoning_content: 'm.', content: 'No' }, 0),
        chunk({ refusal: 'I wo' }, 0),
        chunk({ refusal: "n't" }, 0),
        chunk({ audio: { id: 'a', transcript: 'Spo' } }, 0),
        chunk({ audio: { data: 'AAAA', transcript: 'ken' } }, 0),
      ],
      [
        'assistant reasoning Hm|m.',
        'assistant text No',
        "assistant refusal I wo|n't",
        'assistant text Spo|ken',
      ],
    ],
    [
      'joins the fragments of each tool call, as they are written',
      [
        chunk(call('{"to":"', { index: 0, id: 'c0' }, { name: 'mail' }), 0),
        chunk(call('{"q":1}', { index: 1, id: 'c1' }, { name: 'find' }), 0),
        chunk(call('"\\n"', { index: 0 }), 0),
      ],
      [
        'assistant label mail',
        'assistant tool_arguments {"to":"|"\\n"',
        'assistant label find',
        'assistant tool_arguments {"q":1}',
      ],
    ],
    [
      'tells tool calls without an index apart by their names',
      [
        chunk(call('{"a":1}', {}, { name: 'one' })),
        chunk(call('{"b":', {}, { name: 'two' })),
        chunk(call('2}')),
      ],
      [
        'assistant label one',
        'assistant tool_arguments {"a":1}',
        'assistant label two',
        'assistant tool_arguments {"b":|2}',
      ],
    ],
    [
      'reads the older function calls',
      [
        chunk({ function_call: { name: 'f', arguments: '{"a"' } }, 0),
        chunk({ function_call: { arguments: ':1}' } }, 0),
      ],
      ['assistant label f', 'assistant tool_arguments {"a"|:1}'],
    ],
    [
      'joins contents that come in parts, and tells thoughts from answers',
      [
        chunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Let' }] }] }, 0),
        chunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: ' me' }] }] }, 0),
        chunk({ content: [{ type: 'text', text: 'Hel' }] }, 0),
        chunk({ content: 'lo' }, 0),
      ],
      ['assistant reasoning Let| me', 'assistant text Hel|lo'],
    ],
    [
      'takes the whole message at the end for a copy',
      [
        chunk({ content: 'Hel' }, 0),
        chunk({ content: 'lo' }, 0),
        chunk(call('{"a":"\\t"', { index: 0 }, { name: 'f' }), 0),
        chunk(call('}', { index: 0 }), 0),
        chunk({}, 0, {
          message: { content: 'Hello', tool_calls: [{ function: { name: 'f', arguments: '{"a":"\\t"}' } }] },
        }),
      ],
      ['assistant text Hel|lo ×2', 'assistant label f ×2', 'assistant tool_arguments {"a":"\\t"|} ×2'],
    ],
    [
      'reads deltas that it does not know, and errors in between',
      [
        { choices: [], prompt_filter_results: [{ content_filter_results: { hate: { severity: 'safe' } } }] },
        chunk({ musings: 'secret ' }, 0),
        chunk({ musings: 'plan' }, 0),
        { error: { message: 'The prompt was: hello' } },
        { choices: [], usage: { total_tokens: 3 } },
        undefined,
      ],
      ['assistant text secret |plan', 'tool text The prompt was: hello'],
    ],
    [
      'takes null for no choices',
      [
        { id: 'chatcmpl-1', choices: null, usage: {} },
        chunk({ content: 'a' }, 0),
        { choices: null, novel: 'x' },
      ],
      ['assistant text a', 'tool citation x'],
    ],
    [
      'inspects once what every chunk repeats',
      [
        { ...chunk({ content: 'a' }, 0), citations: ['https://example.com/a'] },
        { ...chunk({ content: 'b' }, 0), citations: ['https://example.com/a'] },
      ],
      ['assistant text a|b', 'tool citation https://example.com/a ×2'],
    ],
  ])('%s', (_, values, lines) => {
    expect(textsIn(chatCompletions, values)).toEqual(lines);
  });

  it('loses the audio of all chunks when the transcript is changed', () => {
    const values = [
      chunk({ audio: { id: 'a', transcript: 'I am ' } }, 0),
      chunk({ audio: { data: 'AAAA', transcript: 'Bob' } }, 0),
      chunk({ audio: { data: 'BBBB' } }, 0),
      chunk({ audio: { data: 'CCCC' } }, 1),
    ];
    expect(rewriteStream(chatCompletions, values, () => 'I am <NAME>')).toEqual([
      chunk({ audio: { id: 'a', transcript: 'I am ' } }, 0),
      chunk({ audio: { data: '', transcript: '<NAME>' } }, 0),
      chunk({ audio: { data: '' } }, 0),
      chunk({ audio: { data: 'CCCC' } }, 1),
    ]);
  });

  it('rewrites only the chunks that a redaction touches, and removes the tokens of all of them', () => {
    const logprobs = (token: string) => ({ logprobs: { content: [{ token }] } });
    const values = [
      chunk({ content: 'I am ' }, 0, logprobs('I am ')),
      chunk({ content: 'Bo' }, 0, logprobs('Bo')),
      chunk({ content: 'b.' }, 0, logprobs('b.')),
      chunk({ content: '' }, 0, logprobs('\\xf0')),
    ];
    expect(rewriteStream(chatCompletions, values, () => 'I am <NAME>.')).toEqual([
      chunk({ content: 'I am ' }, 0, { logprobs: null }),
      chunk({ content: '<NAME>' }, 0, { logprobs: null }),
      chunk({ content: '.' }, 0, { logprobs: null }),
      chunk({ content: '' }, 0, { logprobs: null }),
    ]);
  });

  it('leaves the fragments of a call JSON when a redaction takes the passed-markers of a string with it', () => {
    const values = [
      chunk(call('{"to":', { index: 0 }, { name: 'mail' }), 0),
      chunk(call('"Bob"}', { index: 0 }), 0),
    ];
    const argumentsAs =
      (changed: string) =>
      ({ kind }: Segment) =>
        kind === 'tool_arguments' ? changed : undefined;
    for (const changed of ['{"to":<NAME>}', '{"to":"<NAME>"}']) {
      expect(rewriteStream(chatCompletions, values, argumentsAs(changed))).toEqual([
        chunk(call('{"to":', { index: 0 }, { name: 'mail' }), 0),
        chunk(call('"<NAME>"}', { index: 0 }), 0),
      ]);
    }
    expect(rewriteStream(chatCompletions, values, argumentsAs('{"<NAME>":"Bob"}'))).toMatch(/a key of JSON/);
  });

  it('binds reasoning whose signature comes behind it', () => {
    const step = (rest: object) =>
      chunk({ reasoning_details: [{ type: 'reasoning.text', index: 0, ...rest }] }, 0);
    const values = [step({ text: 'Hm' }), step({ text: 'm' }), step({ signature: 'c2ln' })];
    expect(extractStream(chatCompletions, values)?.segments).toMatchObject([
      { text: 'Hmm', immutableBecause: 'signature' },
    ]);
  });

  it('says so when one chunk has more texts than can be inspected', () => {
    const values = [chunk({ content: 'a', musings: Array(10_001).fill('b') }, 0)];
    expect(extractStream(chatCompletions, values)?.isTooMuch).toBe(true);
  });

  it('leaves other streams to other formats', () => {
    expect(textsIn(chatCompletions, [{ choices: [{ text: 'a' }] }])).toBeUndefined();
    expect(textsIn(chatCompletions, [{ type: 'message_start' }, undefined])).toBeUndefined();
    expect(textsIn(completions, [chunk({ content: 'a' }, 0)])).toBeUndefined();
  });
});

describe('streamed completions', () => {
  it('joins the text of each choice', () => {
    const part = (text: string, index: number) => ({
      object: 'text_completion',
      choices: [{ text, index, logprobs: null }],
    });
    expect(
      textsIn(completions, [part('a', 0), part('x', 1), part('b', 0), { choices: [], usage: {} }]),
    ).toEqual(['assistant text a|b', 'assistant text x']);
  });
});

import { describe, expect, it } from 'vitest';
import { extract, linesOf, rewrite } from '../../../testkit/formats/extract.ts';
import type { JsonObject } from '../segment.ts';
import { responses } from './responses.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

const request = (...input: unknown[]): JsonObject => ({ model: 'gpt-5', input });
const answer = (...output: unknown[]): JsonObject => ({ object: 'response', model: 'gpt-5-1', output });

const requestLines = (body: JsonObject) => linesOf(extract(responses, 'request', body));
const answerLines = (body: JsonObject) => linesOf(extract(responses, 'response', body));

describe('a Responses request', () => {
  it.each<[string, JsonObject, string[]]>([
    [
      'a string, after what is set for it',
      {
        input: 'a',
        instructions: 'b',
        prompt: { id: 'pmpt_1', version: '2', variables: { x: 'c', y: { type: 'input_text', text: 'd' } } },
        metadata: { topic: 'e' },
        text: { format: { type: 'json_schema', name: 'n', schema: { description: 'f' } } },
        reasoning: { effort: 'high' },
        context_management: [{ type: 'compaction', instructions: 'Keep g' }],
      },
      [
        'system text /instructions: b',
        'user text /prompt/variables/x: c',
        'user text /prompt/variables/y/text: d',
        'system text /metadata/topic: e',
        'system text /text/format/schema/description: f',
        'system text /context_management/0/instructions: Keep g',
        'user text /input: a',
      ],
    ],
    [
      'messages, with a type or without, and roles',
      request(
        { role: 'developer', content: 'a' },
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'b' }, 'c'] },
        {
          type: 'message',
          role: 'assistant',
          content: [{ type: 'refusal', refusal: 'd' }],
          phase: 'commentary',
        },
        { role: 'oracle', content: { text: 'e' } },
        { content: 'f' },
        'g',
      ),
      [
        'system text /input/0/content: a',
        'user text /input/1/content/0/text: b',
        'user text /input/1/content/1: c',
        'assistant refusal /input/2/content/0/refusal: d',
        'user text /input/3/content/text: e',
        'user text /input/4/content: f',
        'user text /input/5: g',
      ],
    ],
    [
      'one item where a list is due',
      { input: { role: 'user', content: 'a' } },
      ['user text /input/content: a'],
    ],
    [
      'files',
      request({
        role: 'user',
        content: [
          { type: 'input_file', filename: 'notes.md', file_data: base64('a') },
          { type: 'input_file', file_data: `data:application/json;base64,${base64('{}')}` },
        ],
      }),
      [
        'user document_title /input/0/content/0/filename: notes.md',
        'user document /input/0/content/0/file_data: a',
        'user document /input/0/content/1/file_data: {}',
      ],
    ],
    [
      'what tools returned',
      request(
        { type: 'function_call_output', call_id: 'c', output: 'a' },
        { type: 'function_call_output', output: '{"x":"\\u0061b"}' },
        { type: 'custom_tool_call_output', output: [{ type: 'input_text', text: 'c' }] },
        { type: 'local_shell_call_output', output: 'd' },
        {
          type: 'shell_call_output',
          output: [{ stdout: 'e', stderr: 'f', outcome: { type: 'exit', exit_code: 0 } }],
        },
        { type: 'apply_patch_call_output', output: 'g' },
        { type: 'program_output', result: 'h' },
        {
          type: 'computer_call_output',
          output: { type: 'computer_screenshot', image_url: 'https://x' },
          acknowledged_safety_checks: [{ id: 'i', code: 'j', message: 'k' }],
        },
        { type: 'mcp_approval_response', approval_request_id: 'r', approve: false, reason: 'l' },
        { type: 'novel_output', verdict: ['m'] },
      ),
      [
        'tool tool_result /input/0/output: a',
        'tool tool_result /input/1/output: {"x":"ab"}',
        'tool tool_result /input/2/output/0/text: c',
        'tool tool_result /input/3/output: d',
        'tool tool_result /input/4/output/0/stdout: e',
        'tool tool_result /input/4/output/0/stderr: f',
        'tool tool_result /input/5/output: g',
        'tool tool_result /input/6/result: h',
        'tool citation /input/7/acknowledged_safety_checks/0/message: k',
        'user text /input/8/reason: l',
        'tool tool_result /input/9/verdict/0: m',
      ],
    ],
    [
      'items and settings that nobody knows, or of another type than they should be',
      {
        input: [{ type: 'novel', deep: [{ x: 'a' }] }, ['b']],
        instructions: ['c'],
        prompt: 'd',
        tools: 'e',
        text: 'f',
      },
      [
        'system text /instructions/0: c',
        'user text /prompt: d',
        'system text /text: f',
        'assistant text /input/0/deep/0/x: a',
        'user text /input/1/0: b',
        'system text /tools: e',
      ],
    ],
  ])('is read: %s', (_name, body, expected) => {
    expect(requestLines(body)).toEqual(expected);
  });

  it('counts what stands for something that is not in the body', () => {
    const media = [
      { type: 'input_image', image_url: 'data:image/png;base64,AAAA' },
      { type: 'input_image', file_id: 'file_1', image_url: null },
      { type: 'input_file', file_url: 'https://x' },
      { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
    ];
    const found = extract(responses, 'request', {
      previous_response_id: 'resp_1',
      conversation: { id: 'conv_1' },
      prompt: { id: 'pmpt_1' },
      input: [
        { type: 'item_reference', id: 'msg_1' },
        { id: 'msg_2' },
        { type: 'compaction', encrypted_content: 'AAAA' },
        { type: 'reasoning', summary: [], encrypted_content: 'AAAA' },
        { role: 'user', content: media },
      ],
    });
    expect(found).toMatchObject({ segments: [], opaque: 11 });
  });

  it('cannot be read where its input is token ids', () => {
    expect(extract(responses, 'request', { input: [1, 2] })).toMatchObject({ unreadable: 1 });
    expect(extract(responses, 'request', { input: [[1, 2]] })).toMatchObject({ unreadable: 1 });
  });

  it('has its tools in the form that AIDR knows, wherever they stand', () => {
    const found = extract(responses, 'request', {
      input: [
        { type: 'mcp_list_tools', tools: [{ name: 'm', input_schema: {}, annotations: { title: 't' } }] },
        { type: 'additional_tools', role: 'developer', tools: [{ type: 'function', name: 'a' }] },
      ],
      tools: [
        { type: 'function', name: 'f', description: 'd', parameters: { type: 'object' }, strict: true },
        {
          type: 'namespace',
          name: 'n',
          description: 'e',
          tools: [{ type: 'custom', name: 'c', format: { type: 'text' } }],
        },
        {
          type: 'mcp',
          server_label: 's',
          server_description: 'g',
          authorization: 'secret',
          headers: { x: 'secret' },
        },
        { type: 'web_search', user_location: { type: 'approximate', city: 'h', country: 'NL' } },
        { type: 'shell', environment: { type: 'container_auto', skills: [{ name: 'x', description: 'i' }] } },
        { type: 'novel', prompt: 'j' },
      ],
    });
    expect(found?.tools.map(({ name, places }) => [name, places.parameters.join('/')])).toEqual([
      ['m', 'input/0/tools/0/input_schema'],
      ['a', 'input/1/tools/0/parameters'],
      ['f', 'tools/0/parameters'],
      ['c', 'tools/1/tools/0/format'],
    ]);
    expect(linesOf(found)).toEqual([
      'system text /input/0/tools/0/annotations/title: t',
      'system text /tools/1/description: e',
      'system text /tools/2/server_description: g',
      'system text /tools/3/user_location/city: h',
      'system text /tools/4/environment/skills/0/description: i',
      'system text /tools/5/prompt: j',
    ]);
  });

  it.each<[string, JsonObject]>([
    ['without input', { messages: [] }],
    ['with the prompt of legacy completions', { prompt: 'a' }],
    ["with the prompt of one of Kong's templates", { prompt: { name: 'a', properties: {} } }],
  ])('is not recognised %s', (_name, body) => {
    expect(requestLines(body)).toBeUndefined();
  });
});

describe('a Responses answer', () => {
  it.each<[string, unknown[], string[]]>([
    [
      'reasoning and what follows from it',
      [
        {
          type: 'reasoning',
          summary: [{ type: 'summary_text', text: 'a' }],
          content: [{ type: 'reasoning_text', text: 'b' }],
          encrypted_content: 'AAAA',
        },
        {
          type: 'message',
          role: 'assistant',
          content: [{ type: 'output_text', text: 'c', annotations: [] }],
        },
        { type: 'message', content: [{ type: 'output_audio', data: 'AAAA', transcript: 'd' }] },
      ],
      [
        'assistant reasoning /output/0/summary/0/text: a',
        'assistant reasoning /output/0/content/0/text: b',
        'assistant text /output/1/content/0/text: c',
        'assistant text /output/2/content/0/transcript: d',
      ],
    ],
    [
      'calls with arguments',
      [
        { type: 'function_call', name: 'f', call_id: 'c', arguments: '{"x":"a"}' },
        { type: 'mcp_approval_request', server_label: 's', name: 'g', arguments: '{}' },
        { type: 'mcp_call', name: 'h', arguments: 'b', output: 'c', error: { type: 'x', message: 'd' } },
        { type: 'tool_search_call', arguments: { goal: 'e' }, execution: 'client' },
        { type: 'custom_tool_call', name: 'i', input: 'f' },
        { type: 'program', code: 'g', fingerprint: 'x' },
      ],
      [
        'assistant label /output/0/name: f',
        'assistant tool_arguments /output/0/arguments: {"x":"a"}',
        'assistant label /output/1/server_label: s',
        'assistant label /output/1/name: g',
        'assistant tool_arguments /output/1/arguments: {}',
        'assistant label /output/2/name: h',
        'assistant tool_arguments /output/2/arguments: b',
        'tool tool_result /output/2/output: c',
        'tool tool_result /output/2/error/message: d',
        'assistant tool_arguments /output/3/arguments/goal: e',
        'assistant label /output/4/name: i',
        'assistant tool_arguments /output/4/input: f',
        'assistant tool_arguments /output/5/code: g',
      ],
    ],
    [
      'calls of built-in tools',
      [
        {
          type: 'code_interpreter_call',
          container_id: 'c',
          code: 'a',
          outputs: [
            { type: 'logs', logs: 'b' },
            { type: 'image', url: 'https://x' },
          ],
        },
        { type: 'shell_call', action: { commands: ['c'] }, environment: { type: 'local' } },
        {
          type: 'local_shell_call',
          action: { type: 'exec', command: ['d'], env: { id: 'e' }, working_directory: 'f' },
        },
        {
          type: 'computer_call',
          actions: [
            { type: 'type', text: 'g' },
            { type: 'keypress', keys: ['CTRL'] },
          ],
        },
        {
          type: 'computer_call',
          action: { type: 'click', button: 'left' },
          pending_safety_checks: [{ message: 'h' }],
        },
        { type: 'apply_patch_call', operation: { type: 'update_file', path: 'i', diff: 'j' } },
        {
          type: 'web_search_call',
          action: { type: 'search', query: 'k', queries: ['l'], sources: [{ type: 'url', url: 'm' }] },
        },
        { type: 'web_search_call', action: { type: 'find_in_page', pattern: 'n', url: 'o' } },
        {
          type: 'file_search_call',
          queries: ['p'],
          results: [{ file_id: 'x', filename: 'q', text: 'r', attributes: { code: 's' }, score: 1 }],
        },
        { type: 'image_generation_call', revised_prompt: 't', result: 'AAAA', size: '1024x1024' },
      ],
      [
        'assistant tool_arguments /output/0/code: a',
        'tool tool_result /output/0/outputs/0/logs: b',
        'assistant tool_arguments /output/1/action/commands/0: c',
        'assistant tool_arguments /output/2/action/command/0: d',
        'assistant tool_arguments /output/2/action/env/id: e',
        'assistant tool_arguments /output/2/action/working_directory: f',
        'assistant tool_arguments /output/3/actions/0/text: g',
        'tool citation /output/4/pending_safety_checks/0/message: h',
        'assistant tool_arguments /output/5/operation/path: i',
        'assistant tool_arguments /output/5/operation/diff: j',
        'assistant tool_arguments /output/6/action/query: k',
        'assistant tool_arguments /output/6/action/queries/0: l',
        'assistant tool_arguments /output/6/action/sources/0/url: m',
        'assistant tool_arguments /output/7/action/pattern: n',
        'assistant tool_arguments /output/7/action/url: o',
        'assistant tool_arguments /output/8/queries/0: p',
        'tool tool_result /output/8/results/0/filename: q',
        'tool tool_result /output/8/results/0/text: r',
        'tool tool_result /output/8/results/0/attributes/code: s',
        'assistant tool_arguments /output/9/revised_prompt: t',
      ],
    ],
    [
      'tools that were found',
      [
        {
          type: 'mcp_list_tools',
          tools: [{ name: 'f', description: 'a', input_schema: { properties: { x: { description: 'b' } } } }],
          error: 'c',
        },
        {
          type: 'tool_search_output',
          tools: [{ type: 'custom', format: { syntax: 'lark', definition: 'd' } }],
        },
      ],
      [
        'tool tool_result /output/0/error: c',
        'system text /output/0/tools/0/description: a',
        'system text /output/0/tools/0/input_schema/properties/x/description: b',
        'system text /output/1/tools/0/format/definition: d',
      ],
    ],
  ])('is read: %s', (_name, output, expected) => {
    expect(answerLines(answer(...output))).toEqual(expected);
  });

  it('repeats the request, and may fail', () => {
    const body = {
      ...answer(),
      instructions: [{ role: 'developer', content: 'a' }],
      prompt: { id: 'p', variables: { x: 'b' } },
      user: 'c',
      metadata: { x: 'd' },
      text: { format: { description: 'e' }, verbosity: 'low' },
      tools: [
        { type: 'function', name: 'f', description: 'f', parameters: { description: 'g' } },
        { type: 'namespace', tools: [{ type: 'function', name: 'n', description: 'h' }] },
      ],
      error: { code: 'server_error', message: 'i' },
      content_filters: [
        { source_type: 'prompt', content_filter_results: { error: { code: 'x', message: 'j' } } },
      ],
      moderation: { output: { type: 'error', message: 'k' } },
      novel: { x: 'l' },
    };
    const found = extract(responses, 'response', body);
    expect(found).toMatchObject({ tools: [], model: 'gpt-5-1' });
    expect(linesOf(found)).toEqual([
      'system text /instructions/0/content: a',
      'user text /prompt/variables/x: b',
      'system text /user: c',
      'system text /metadata/x: d',
      'system text /text/format/description: e',
      'system text /tools/0/description: f',
      'system text /tools/0/parameters/description: g',
      'system text /tools/1/tools/0/description: h',
      'tool citation /error/message: i',
      'tool citation /content_filters/0/content_filter_results/error/message: j',
      'tool citation /moderation/output/message: k',
      'tool citation /novel/x: l',
    ]);
  });

  it('loses what points into its text when that is changed; a copy of it changes too', () => {
    const part = {
      type: 'output_text',
      text: 'abc',
      annotations: [
        { type: 'url_citation', start_index: 0, end_index: 3, title: 'def', url: 'https://x' },
        { type: 'file_citation', file_id: 'f', filename: 'ghi', index: 1 },
      ],
      logprobs: [{ token: 'abc' }],
    };
    const body = { ...answer({ type: 'message', role: 'assistant', content: [part] }), output_text: 'abc' };
    expect(answerLines(body)).toEqual([
      'assistant text /output/0/content/0/text: abc',
      'tool citation /output/0/content/0/annotations/0/title: def',
      'tool citation /output/0/content/0/annotations/0/url: https://x',
      'tool citation /output/0/content/0/annotations/1/filename: ghi',
    ]);
    const change = (from: string) =>
      rewrite(responses, 'response', body, ({ text }) => (text === from ? '#' : undefined));
    expect(change('abc')).toMatchObject({
      body: {
        output: [{ content: [{ type: 'output_text', text: '#', annotations: [], logprobs: [] }] }],
        output_text: '#',
      },
    });
    expect(change('ghi')).toMatchObject({
      body: { output: [{ content: [{ text: 'abc', annotations: [{ title: 'def' }, { filename: '#' }] }] }] },
    });
  });

  it('is one text where its parts are', () => {
    const content = ['My SSN is 078-', '05-1120.'].map((text) => ({
      type: 'output_text',
      text,
      annotations: [{ title: 'a' }],
    }));
    const body = { ...answer({ role: 'assistant', content }), output_text: 'My SSN is 078-05-1120.' };
    expect(answerLines(body)?.[0]).toBe('assistant text /output/0/content/0/text: My SSN is 078-|05-1120.');
    const changed = rewrite(responses, 'response', body, ({ text }) =>
      text.startsWith('My') ? 'My SSN is <SSN>.' : undefined,
    );
    expect(changed).toMatchObject({
      body: {
        output: [{ content: [{ annotations: [] }, { annotations: [] }] }],
        output_text: 'My SSN is <SSN>.',
      },
    });
    expect(JSON.stringify(changed)).not.toContain('1120');
  });

  it('is read whatever stands in the places of its parts', () => {
    const odd = ['x', ['x'], { novel: 'x' }];
    const bodies = odd.flatMap((value) => [
      answer(value),
      ...['content', 'summary', 'arguments', 'output', 'action', 'results', 'tools', 'error', 'queries'].map(
        (key) => answer({ type: 'message', [key]: value }),
      ),
      { ...answer(), error: value },
      { ...answer(), moderation: value },
    ]);
    for (const body of bodies) {
      expect(extract(responses, 'response', body)?.segments.map(({ text }) => text)).toEqual(['x']);
    }
    expect(answerLines(answer(null, 7, { type: 'message', content: null }))).toEqual([]);
  });

  it('loses its audio when the transcript is changed', () => {
    const spoken = (transcript: string, data: string) =>
      answer({ type: 'message', content: [{ type: 'output_audio', data, transcript }] });
    expect(rewrite(responses, 'response', spoken('I am Bob', 'AAAA'), () => 'I am <NAME>')).toEqual({
      body: spoken('I am <NAME>', ''),
    });
  });

  it('may be a count of tokens', () => {
    expect(answerLines({ object: 'response.input_tokens', input_tokens: 3 })).toEqual([]);
  });

  it.each<[string, JsonObject]>([
    ['of chat completions', { choices: [] }],
    ["of Bedrock's Converse", { output: { message: { content: [] } } }],
  ])('is not recognised %s', (_name, body) => {
    expect(answerLines(body)).toBeUndefined();
  });
});

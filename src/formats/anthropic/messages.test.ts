import { describe, expect, it } from 'vitest';
import { extract, linesOf, rewrite } from '../../../testkit/formats/extract.ts';
import type { JsonObject } from '../segment.ts';
import { messages } from './messages.ts';

const ask = (...turns: unknown[]): JsonObject => ({ model: 'claude', max_tokens: 9, messages: turns });
const user = (...content: unknown[]) => ask({ role: 'user', content });
const assistant = (...content: unknown[]) => ask({ role: 'assistant', content });
const answer = (...content: unknown[]): JsonObject => ({ type: 'message', role: 'assistant', content });

const requestLines = (body: JsonObject) => linesOf(extract(messages, 'request', body));
const answerLines = (body: JsonObject) => linesOf(extract(messages, 'response', body));

describe('a Messages request', () => {
  it.each<[string, JsonObject, string[]]>([
    [
      'roles',
      {
        ...ask(
          { role: 'user', content: 'a' },
          { role: 'assistant', content: 'b' },
          { role: 'system', content: [{ type: 'text', text: 'c' }], clear_at: 'never' },
          { role: 'oracle', content: 'd' },
        ),
        system: 's',
      },
      [
        'system text /system: s',
        'user text /messages/0/content: a',
        'assistant text /messages/1/content: b',
        'system text /messages/2/content/0/text: c',
        'user text /messages/3/content: d',
      ],
    ],
    [
      'a system prompt in blocks',
      {
        ...ask(),
        system: [
          { type: 'text', text: 'a', cache_control: { type: 'ephemeral' } },
          { type: 'text', text: 'b' },
        ],
      },
      ['system text /system/0/text: a|b'],
    ],
    [
      'tool calls, also such as have no object for input',
      assistant(
        { type: 'tool_use', id: 'toolu_1', name: 'f', input: { q: 'a', deep: [{ x: 'b', n: 1 }] } },
        { type: 'server_tool_use', id: 's_1', name: 'web_search', input: { query: 'c' } },
        { type: 'mcp_tool_use', id: 'm_1', name: 'g', server_name: 'h', input: 'd' },
        { type: 'tool_use', name: 'bare', caller: { type: 'direct' } },
      ),
      [
        'assistant label /messages/0/content/0/name: f',
        'assistant tool_arguments /messages/0/content/0/input/q: a',
        'assistant tool_arguments /messages/0/content/0/input/deep/0/x: b',
        'assistant label /messages/0/content/1/name: web_search',
        'assistant tool_arguments /messages/0/content/1/input/query: c',
        'assistant label /messages/0/content/2/server_name: h',
        'assistant label /messages/0/content/2/name: g',
        'assistant tool_arguments /messages/0/content/2/input: d',
        'assistant label /messages/0/content/3/name: bare',
      ],
    ],
    [
      "the tools' results",
      user(
        { type: 'tool_result', tool_use_id: 'toolu_1', content: 'a', is_error: true },
        {
          type: 'tool_result',
          tool_use_id: 'toolu_2',
          content: [
            { type: 'text', text: 'b' },
            { type: 'tool_reference', tool_name: 'f' },
            { type: 'document', title: 't', source: { type: 'text', media_type: 'text/plain', data: 'c' } },
            {
              type: 'search_result',
              title: 'u',
              source: 'https://x',
              content: [{ type: 'text', text: 'd' }],
            },
            { type: 'browser_state', tabs: [{ title: 'e', url: 'https://y' }] },
          ],
        },
        { type: 'mcp_tool_result', tool_use_id: 'm_1', content: [{ type: 'text', text: 'f' }] },
        { type: 'tool_result', tool_use_id: 'toolu_3' },
      ),
      [
        'tool tool_result /messages/0/content/0/content: a',
        'tool tool_result /messages/0/content/1/content/0/text: b',
        'tool document_title /messages/0/content/1/content/2/title: t',
        'tool document /messages/0/content/1/content/2/source/data: c',
        'tool document_title /messages/0/content/1/content/3/title: u',
        'tool document_context /messages/0/content/1/content/3/source: https://x',
        'tool document /messages/0/content/1/content/3/content/0/text: d',
        'tool tool_result /messages/0/content/1/content/4/tabs/0/title: e',
        'tool tool_result /messages/0/content/1/content/4/tabs/0/url: https://y',
        'tool tool_result /messages/0/content/2/content/0/text: f',
      ],
    ],
    [
      'documents that hold text',
      user(
        {
          type: 'document',
          source: { type: 'text', media_type: 'text/plain', data: 'a' },
          title: 't',
          context: 'c',
          citations: { enabled: true },
        },
        { type: 'document', source: { type: 'content', content: 'b' } },
        {
          type: 'document',
          source: {
            type: 'content',
            content: [
              { type: 'text', text: 'd' },
              { type: 'image', source: { type: 'file', file_id: 'f' } },
            ],
          },
        },
        {
          type: 'document',
          source: { type: 'base64', media_type: 'text/csv', data: Buffer.from('e').toString('base64') },
        },
        { type: 'search_result', title: 'u', source: 's', content: [{ type: 'text', text: 'f' }] },
      ),
      [
        'user document_title /messages/0/content/0/title: t',
        'user document_context /messages/0/content/0/context: c',
        'user document /messages/0/content/0/source/data: a',
        'user document /messages/0/content/1/source/content: b',
        'user document /messages/0/content/2/source/content/0/text: d',
        'user document /messages/0/content/3/source/data: e',
        'user document_title /messages/0/content/4/title: u',
        'user document_context /messages/0/content/4/source: s',
        'user document /messages/0/content/4/content/0/text: f',
      ],
    ],
    [
      'reasoning and summaries of earlier turns',
      assistant(
        { type: 'thinking', thinking: 'a', signature: 'c2ln' },
        { type: 'redacted_thinking', data: 'AAAA' },
        {
          type: 'compaction',
          content: 'b',
          encrypted_content: 'BBBB',
          tool_changes: [
            {
              type: 'tool_addition',
              tool: { type: 'tool_definition', definition: { name: 'f', description: 'c' } },
            },
            { type: 'tool_removal', tool: { type: 'tool_reference', name: 'g' } },
          ],
        },
      ),
      [
        'assistant reasoning /messages/0/content/0/thinking: a',
        'assistant text /messages/0/content/2/content: b',
        'system text /messages/0/content/2/tool_changes/0/tool/definition/description: c',
      ],
    ],
    [
      'tools that a block defines',
      ask({
        role: 'system',
        content: [
          {
            type: 'mcp_tool_listing',
            mcp_server_name: 'm',
            tools: [
              {
                name: 'f',
                description: 'a',
                input_schema: { type: 'object', properties: { x: { type: 'string', description: 'b' } } },
              },
            ],
          },
          {
            type: 'tool_addition',
            tool: { type: 'tool_definition', definition: { name: 'g', input_examples: [{ x: 'c' }] } },
          },
        ],
      }),
      [
        'system text /messages/0/content/0/tools/0/description: a',
        'system text /messages/0/content/0/tools/0/input_schema/properties/x/description: b',
        'system text /messages/0/content/1/tool/definition/input_examples/0/x: c',
      ],
    ],
    [
      'instructions in settings',
      {
        ...ask(),
        context_management: { edits: [{ type: 'compact_20260112', instructions: 'a' }] },
        compaction: { type: 'summarize', instructions: 'b' },
        output_format: { type: 'json_schema', schema: { properties: { x: { description: 'c' } } } },
        output_config: { effort: 'low', format: { type: 'json_schema', schema: { description: 'd' } } },
        fallbacks: [{ model: 'claude-2', speed: 'fast', system: 'e', output_config: { effort: 'low' } }],
      },
      [
        'system text /output_config/format/schema/description: d',
        'system text /output_format/schema/properties/x/description: c',
        'system text /context_management/edits/0/instructions: a',
        'system text /compaction/instructions: b',
        'system text /fallbacks/0/system: e',
      ],
    ],
    [
      'blocks and keys that nobody knows',
      {
        messages: [
          {
            role: 'user',
            note: 'n',
            content: [
              { type: 'novel', id: 'x', payload: ['a', { deep: 'b' }, { type: 'text', text: 'c' }], size: 3 },
              { type: 'text', text: 'd', aside: 'e' },
              { type: 'text', text: { odd: 'f' } },
              { label: 'g' },
              ['h', { type: 'text', text: 'i' }],
              'j',
              7,
              null,
            ],
          },
        ],
      },
      [
        'user text /messages/0/content/0/payload/0: a',
        'user text /messages/0/content/0/payload/1/deep: b',
        'user text /messages/0/content/0/payload/2/text: c',
        'user text /messages/0/content/1/text: d',
        'user text /messages/0/content/1/aside: e',
        'user text /messages/0/content/2/text/odd: f',
        'user text /messages/0/content/3/label: g',
        'user text /messages/0/content/4/0: h',
        'user text /messages/0/content/4/1/text: i',
        'user text /messages/0/content/5: j',
        'user text /messages/0/note: n',
      ],
    ],
    [
      'messages and content that are no objects and no lists',
      ask('a', ['b'], 7, null, { role: 'user', content: { type: 'text', text: 'c' } }, { role: 'user' }),
      ['user text /messages/0: a', 'user text /messages/1/0: b', 'user text /messages/4/content/text: c'],
    ],
  ])('is read: %s', (_name, body, expected) => {
    expect(requestLines(body)).toEqual(expected);
  });

  it('joins the texts of a user, divided, and those of the assistant', () => {
    const texts = [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ];
    const body = ask({ role: 'user', content: texts }, { role: 'assistant', content: texts });
    expect(requestLines(body)).toEqual([
      'user text /messages/0/content/0/text: a|b',
      'assistant text /messages/1/content/0/text: a|b',
    ]);
    expect(extract(messages, 'request', body)?.segments.map(({ text }) => text)).toEqual(['a\nb', 'ab']);
  });

  it.each<[string, JsonObject]>([
    ['an image', user({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } })],
    ['a linked image', user({ type: 'image', source: { type: 'url', url: 'https://x/y.png' } })],
    [
      'a PDF',
      user({ type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'AAAA' } }),
    ],
    ['a file', user({ type: 'document', source: { type: 'file', file_id: 'file_1' } })],
    ['an upload', user({ type: 'container_upload', file_id: 'file_1' })],
    ['a container', { ...ask(), container: 'container_1' }],
    ['a container of files', { ...ask(), container: { id: 'container_1' } }],
    ['a skill', { ...ask(), container: { skills: [{ type: 'custom', skill_id: 's' }] } }],
    ['a server of tools', { ...ask(), mcp_servers: [{ type: 'url', name: 'm', url: 'https://x' }] }],
    ['hidden thinking', user({ type: 'redacted_thinking', data: 'AAAA' })],
    ['an encrypted summary', user({ type: 'compaction', content: null, encrypted_content: 'AAAA' })],
    [
      'an encrypted page',
      user({
        type: 'web_search_tool_result',
        content: [{ type: 'web_search_result', encrypted_content: 'AAAA' }],
      }),
    ],
    [
      'an encrypted output',
      user({
        type: 'code_execution_tool_result',
        content: { type: 'encrypted_code_execution_result', encrypted_stdout: 'AAAA' },
      }),
    ],
    ['an earlier message', { ...ask(), thread: { type: 'continue', previous_message_id: 'msg_1' } }],
  ])('counts what carries no text: %s', (_name, body) => {
    expect(extract(messages, 'request', body)).toMatchObject({ segments: [], opaque: 1, unreadable: 0 });
  });

  it('counts the servers that the model may ask, and names the model', () => {
    const mcp_servers = [{ type: 'url', name: 'm', url: 'https://x', authorization_token: 'secret' }];
    expect(extract(messages, 'request', { ...ask(), mcp_servers })).toMatchObject({
      model: 'claude',
      segments: [],
      opaque: 1,
    });
  });

  it('has its tools in the form that AIDR knows, and the prose of the others', () => {
    const found = extract(messages, 'request', {
      ...ask(),
      tools: [
        { name: 'f', description: 'd', input_schema: { type: 'object' }, input_examples: [{ x: 'e' }] },
        { type: 'custom', name: 'g', input_schema: {} },
        { type: 'web_search_20250305', name: 'web_search', user_location: { city: 'x' } },
        { type: 'novel', name: 'h', description: 'n' },
        'odd',
      ],
    });
    expect(found?.tools).toEqual([
      {
        name: 'f',
        description: 'd',
        parameters: { type: 'object' },
        places: {
          name: ['tools', 0, 'name'],
          description: ['tools', 0, 'description'],
          parameters: ['tools', 0, 'input_schema'],
        },
      },
      {
        name: 'g',
        parameters: {},
        places: {
          name: ['tools', 1, 'name'],
          description: ['tools', 1, 'description'],
          parameters: ['tools', 1, 'input_schema'],
        },
      },
    ]);
    expect(linesOf(found)).toEqual([
      'system text /tools/0/input_examples/0/x: e',
      'system text /tools/3/description: n',
      'system text /tools/4: odd',
    ]);
  });

  it.each<[string, JsonObject]>([
    ['without messages', { prompt: 'x' }],
    ['with messages that are no list', { messages: { role: 'user', content: 'x' } }],
  ])('is not recognised %s', (_name, body) => {
    expect(requestLines(body)).toBeUndefined();
  });
});

describe('a Messages answer', () => {
  const cited = (text: string, quote: string) => ({
    type: 'text',
    text,
    citations: [
      {
        type: 'web_search_result_location',
        cited_text: quote,
        title: 'T',
        url: 'https://x',
        encrypted_index: 'EEEE',
      },
    ],
  });

  it.each<[string, JsonObject, string[]]>([
    ['without labels', { content: [{ type: 'text', text: 'a' }] }, ['assistant text /content/0/text: a']],
    ['as a string', { content: 'a', stop_reason: 'end_turn' }, ['assistant text /content: a']],
    [
      'as one text, that citations cut up',
      answer({ type: 'text', text: 'a ' }, cited('b', 'q'), { type: 'text', text: ' c' }),
      [
        'assistant text /content/0/text: a |b| c',
        'tool citation /content/1/citations/0/cited_text: q',
        'tool citation /content/1/citations/0/title: T',
        'tool citation /content/1/citations/0/url: https://x',
      ],
    ],
    [
      'as several texts, that other blocks part',
      answer(
        { type: 'text', text: 'a' },
        { type: 'tool_use', id: 't', name: 'f', input: {} },
        { type: 'text', text: 'b' },
        { type: 'fallback', from: { model: 'm' }, to: { model: 'n' }, trigger: { type: 'refusal' } },
        { type: 'text', text: 'c' },
      ),
      [
        'assistant text /content/0/text: a',
        'assistant label /content/1/name: f',
        'assistant text /content/2/text: b',
        'assistant text /content/4/text: c',
      ],
    ],
    [
      'with the results of server tools',
      answer(
        {
          type: 'web_search_tool_result',
          tool_use_id: 's',
          content: [
            { type: 'web_search_result', title: 'a', url: 'u', encrypted_content: 'E', page_age: '1 day' },
          ],
        },
        {
          type: 'web_search_tool_result',
          content: { type: 'web_search_tool_result_error', error_code: 'x' },
        },
        {
          type: 'web_fetch_tool_result',
          content: {
            type: 'web_fetch_result',
            url: 'v',
            retrieved_at: 'now',
            content: {
              type: 'document',
              title: 'b',
              source: { type: 'text', media_type: 'text/plain', data: 'c' },
            },
          },
        },
        {
          type: 'bash_code_execution_tool_result',
          content: {
            type: 'bash_code_execution_result',
            stdout: 'd',
            stderr: 'e',
            return_code: 0,
            content: [],
          },
        },
        {
          type: 'text_editor_code_execution_tool_result',
          content: { type: 'text_editor_code_execution_view_result', file_type: 'text', content: 'f' },
        },
        {
          type: 'text_editor_code_execution_tool_result',
          content: { type: 'text_editor_code_execution_str_replace_result', lines: ['g', 'h'] },
        },
        {
          type: 'text_editor_code_execution_tool_result',
          content: {
            type: 'text_editor_code_execution_tool_result_error',
            error_code: 'unavailable',
            error_message: 'i',
          },
        },
        {
          type: 'code_execution_tool_result',
          content: { type: 'encrypted_code_execution_result', encrypted_stdout: 'E', stderr: 'j' },
        },
        { type: 'advisor_tool_result', content: { type: 'advisor_result', text: 'k', stop_reason: 'end' } },
        {
          type: 'tool_search_tool_result',
          content: {
            type: 'tool_search_tool_search_result',
            tool_references: [{ type: 'tool_reference', tool_name: 'f' }],
          },
        },
        { type: 'novel_tool_result', content: { type: 'novel_result', finding: 'l' } },
      ),
      [
        'tool tool_result /content/0/content/0/title: a',
        'tool tool_result /content/0/content/0/url: u',
        'tool tool_result /content/2/content/url: v',
        'tool document_title /content/2/content/content/title: b',
        'tool document /content/2/content/content/source/data: c',
        'tool tool_result /content/3/content/stdout: d',
        'tool tool_result /content/3/content/stderr: e',
        'tool tool_result /content/4/content/content: f',
        'tool tool_result /content/5/content/lines/0: g',
        'tool tool_result /content/5/content/lines/1: h',
        'tool tool_result /content/6/content/error_message: i',
        'tool tool_result /content/7/content/stderr: j',
        'tool tool_result /content/8/content/text: k',
        'tool tool_result /content/10/content/finding: l',
      ],
    ],
    [
      'as a refusal, with a key that nobody knows',
      {
        ...answer(),
        stop_reason: 'refusal',
        stop_details: { type: 'refusal', category: 'bio', explanation: 'r', fallback_credit_token: 'secret' },
        warning: 'w',
      },
      ['assistant refusal /stop_details/explanation: r', 'tool text /warning: w'],
    ],
    ['as a count of tokens', { input_tokens: 9, context_management: { original_input_tokens: 9 } }, []],
  ])('is read %s', (_name, body, expected) => {
    expect(answerLines(body)).toEqual(expected);
  });

  it('counts files and viewed pictures, but not a text that is called a picture', () => {
    const view = (content: string) => ({
      type: 'text_editor_code_execution_tool_result',
      content: { type: 'text_editor_code_execution_view_result', file_type: 'image', content },
    });
    const made = { type: 'code_execution_output', file_id: 'file_1' };
    const found = extract(
      messages,
      'response',
      answer(view('iVBORw0KGgo='), view('not a picture'), {
        type: 'code_execution_tool_result',
        content: { type: 'code_execution_result', stdout: '', content: [made] },
      }),
    );
    expect(found?.opaque).toBe(2);
    expect(linesOf(found)).toEqual(['tool tool_result /content/1/content/content: not a picture']);
  });

  it.each<[string, JsonObject, number]>([
    ['a container', { ...answer(), container: { id: 'c', expires_at: 't', skills: null } }, 1],
    ['a container with skills', { ...answer(), container: { id: 'c', skills: [{}, {}] } }, 3],
    ['no container', { ...answer(), container: null }, 0],
    ['hidden thinking', answer({ type: 'redacted_thinking', data: 'AAAA' }), 1],
    ['no hidden thinking', answer({ type: 'redacted_thinking', data: '' }), 0],
  ])('counts what carries no text: %s', (_name, body, opaque) => {
    expect(extract(messages, 'response', body)).toMatchObject({ segments: [], opaque });
  });

  it.each<[string, unknown]>([
    ['of another API', { choices: [{ message: { content: 'x' } }] }],
    ['that is an error', { type: 'error', error: { type: 'overloaded_error', message: 'x' } }],
    ['with one block for content', { content: { type: 'text', text: 'x' } }],
    ['that is a string', 'x'],
  ])('is not recognised: one %s', (_name, body) => {
    expect(answerLines(body as JsonObject)).toBeUndefined();
  });

  it('is changed in the block that a change touches, with the quotation beside it', () => {
    const body = answer({ type: 'text', text: 'Call ' }, cited('Ann', 'Ann lives here'), {
      type: 'text',
      text: ' today.',
    });
    const changed = rewrite(messages, 'response', body, ({ text }) => text.replace('Ann', '<NAME>'));
    expect(changed).toEqual({
      body: answer({ type: 'text', text: 'Call ' }, cited('<NAME>', '<NAME> lives here'), {
        type: 'text',
        text: ' today.',
      }),
    });
  });
});

describe('signed text', () => {
  it.each<[string, JsonObject]>([
    ['thinking', { type: 'thinking', thinking: 'a', signature: 'c2ln' }],
    ['a summary', { type: 'compaction', content: 'a', signature: 'c2ln' }],
  ])('is not rewritten: %s', (_name, block) => {
    expect(rewrite(messages, 'response', answer(block), () => 'b')).toHaveProperty('refused');
  });

  it.each<[string, JsonObject, JsonObject]>([
    ['thinking', { type: 'thinking', thinking: 'a', signature: '' }, { thinking: 'b' }],
    ['a summary', { type: 'compaction', content: 'a' }, { content: 'b' }],
  ])('is rewritten when nobody signed it: %s', (_name, block, change) => {
    expect(rewrite(messages, 'request', assistant(block), () => 'b')).toEqual({
      body: assistant({ ...block, ...change }),
    });
  });
});

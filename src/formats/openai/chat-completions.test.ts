import { describe, expect, it } from 'vitest';
import { extract, linesOf as lines, rewrite } from '../../../testkit/formats/extract.ts';
import { Collector } from '../collector.ts';
import type { JsonObject } from '../segment.ts';
import { chatCompletions } from './chat-completions.ts';

const readRequest = (body: JsonObject) => extract(chatCompletions, 'request', body);
const readResponse = (body: JsonObject) => extract(chatCompletions, 'response', body);

const base64 = (text: string) => Buffer.from(text).toString('base64');

const chat = (...messages: unknown[]) => ({ model: 'gpt-4o', messages });

describe('a chat completions request', () => {
  it.each<[string, JsonObject, string[]]>([
    [
      'roles',
      chat(
        { role: 'system', content: 'a' },
        { role: 'developer', content: 'b' },
        { role: 'user', content: 'c', name: 'bob' },
        { role: 'assistant', content: 'd' },
        { role: 'tool', content: 'e', tool_call_id: 'call_1' },
        { role: 'function', name: 'f', content: 'f' },
        { role: 'oracle', content: 'g' },
        { content: 'h' },
      ),
      [
        'system text /messages/0/content: a',
        'system text /messages/1/content: b',
        'user text /messages/2/content: c',
        'assistant text /messages/3/content: d',
        'tool tool_result /messages/4/content: e',
        'tool tool_result /messages/5/content: f',
        'user text /messages/6/content: g',
        'user text /messages/7/content: h',
      ],
    ],
    [
      'parts, known and unknown',
      chat({
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: '' },
          { type: 'novel', payload: ['b', { deep: 'c' }], size: 3 },
          'd',
          null,
        ],
      }),
      [
        'user text /messages/0/content/0/text: a',
        'user text /messages/0/content/2/payload/0: b',
        'user text /messages/0/content/2/payload/1/deep: c',
        'user text /messages/0/content/3: d',
      ],
    ],
    [
      'an assistant turn in reading order',
      chat({
        role: 'assistant',
        content: null,
        refusal: 'r',
        reasoning_content: 'thought',
        tool_calls: [
          { id: '1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
          { id: '2', type: 'custom', custom: { name: 'g', input: 'free' } },
        ],
        function_call: { name: 'h', arguments: '{}' },
        vendor_note: 'n',
      }),
      [
        'assistant reasoning /messages/0/reasoning_content: thought',
        'assistant refusal /messages/0/refusal: r',
        'assistant label /messages/0/tool_calls/0/function/name: f',
        'assistant tool_arguments /messages/0/tool_calls/0/function/arguments: {"a":1}',
        'assistant label /messages/0/tool_calls/1/custom/name: g',
        'assistant tool_arguments /messages/0/tool_calls/1/custom/input: free',
        'assistant label /messages/0/function_call/name: h',
        'assistant tool_arguments /messages/0/function_call/arguments: {}',
        'assistant text /messages/0/vendor_note: n',
      ],
    ],
    [
      'a prediction and a schema',
      {
        ...chat(),
        prediction: { type: 'content', content: [{ type: 'text', text: 'p' }] },
        audio: { voice: 'alloy', format: 'wav', instructions: 'Speak as Bob' },
        response_format: {
          type: 'json_schema',
          json_schema: {
            name: 's',
            description: 'd',
            schema: { properties: { x: { type: 'string', description: 'e' } } },
          },
        },
      },
      [
        'assistant text /prediction/content/0/text: p',
        'system text /response_format/json_schema/description: d',
        'system text /response_format/json_schema/schema/properties/x/description: e',
        'system text /audio/instructions: Speak as Bob',
      ],
    ],
    [
      'a file that is text, and its name',
      chat({
        role: 'user',
        content: [
          { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,AAAA' } },
          { type: 'file', file: { filename: 'notes.txt', file_data: base64('b') } },
          { type: 'file', file: { file_data: `data:text/csv;base64,${base64('c')}` } },
          { type: 'image_url', image_url: { url: 'data:text/plain,d' } },
        ],
      }),
      [
        'user document_title /messages/0/content/0/file/filename: a.pdf',
        'user document_title /messages/0/content/1/file/filename: notes.txt',
        'user document /messages/0/content/1/file/file_data: b',
        'user document /messages/0/content/2/file/file_data: c',
        'user document /messages/0/content/3/image_url/url: data:text/plain,d',
      ],
    ],
    [
      'one part, one call and one tool where lists are due',
      {
        ...chat({
          role: 'assistant',
          content: { type: 'text', text: 'a' },
          tool_calls: { function: { name: 'f', arguments: { x: 'b' } }, note: 'c' },
          function_call: 'd',
        }),
        tools: { type: 'web_search', user_location: { city: 'e', country: 'NL' } },
      },
      [
        'assistant text /messages/0/content/text: a',
        'assistant label /messages/0/tool_calls/function/name: f',
        'assistant tool_arguments /messages/0/tool_calls/function/arguments/x: b',
        'assistant tool_arguments /messages/0/tool_calls/note: c',
        'assistant tool_arguments /messages/0/function_call: d',
        'system text /tools/user_location/city: e',
      ],
    ],
    [
      'arguments whose escapes hide their text',
      chat({ role: 'assistant', tool_calls: [{ function: { arguments: '{"x":"\\u0061b"}' } }] }),
      ['assistant tool_arguments /messages/0/tool_calls/0/function/arguments: {"x":"ab"}'],
    ],
    [
      'reasoning of compatible servers',
      chat({
        role: 'assistant',
        reasoning: 'a',
        reasoning_details: [
          { type: 'reasoning.text', text: 'b', signature: 'c' },
          { type: 'reasoning.encrypted', data: 'd' },
          'e',
        ],
        thinking_blocks: [{ type: 'thinking', thinking: 'f' }],
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: 'g' }] },
          { type: 'text', text: 'h' },
        ],
      }),
      [
        'assistant reasoning /messages/0/reasoning: a',
        'assistant reasoning /messages/0/reasoning_details/0/text: b',
        'assistant reasoning /messages/0/reasoning_details/2: e',
        'assistant reasoning /messages/0/thinking_blocks/0/thinking: f',
        'assistant reasoning /messages/0/content/0/thinking/0/text: g',
        'assistant text /messages/0/content/1/text: h',
      ],
    ],
    [
      'who asks, and where, and a name that is prose',
      {
        ...chat({ role: 'user', name: 'John of Gaunt', content: 'a' }),
        user: 'b',
        metadata: { topic: 'c' },
        web_search_options: { search_context_size: 'low', user_location: { approximate: { city: 'd' } } },
      },
      [
        'system text /user: b',
        'system text /metadata/topic: c',
        'user label /messages/0/name: John of Gaunt',
        'user text /messages/0/content: a',
        'system text /web_search_options/user_location/approximate/city: d',
      ],
    ],
    [
      "Azure's instructions, and none of its keys",
      {
        ...chat(),
        data_sources: [
          {
            type: 'azure_search',
            parameters: { role_information: 'a', authentication: { type: 'api_key', key: 'secret' } },
          },
        ],
      },
      ['system text /data_sources/0/parameters/role_information: a'],
    ],
    [
      'settings that are of another type than they should be',
      { ...chat(), prediction: 'a', response_format: 'b', functions: 'c', web_search_options: 'd' },
      [
        'assistant text /prediction: a',
        'system text /functions: c',
        'system text /response_format: b',
        'system text /web_search_options: d',
      ],
    ],
    [
      'messages that are no objects',
      chat('a', ['b'], 7, null),
      ['user text /messages/0: a', 'user text /messages/1/0: b'],
    ],
  ])('is read: %s', (_name, body, expected) => {
    expect(lines(readRequest(body))).toEqual(expected);
  });

  it('names the model and counts what carries no text', () => {
    const found = readRequest(
      chat({
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: 'https://x' } },
          { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
          { type: 'file', file: { file_id: 'file-1' } },
        ],
      }),
    );
    expect(found).toMatchObject({ model: 'gpt-4o', segments: [], opaque: 3 });
  });

  it('has its tools in the form that AIDR knows', () => {
    const found = readRequest({
      ...chat(),
      tools: [
        {
          type: 'function',
          function: { name: 'f', description: 'd', parameters: { type: 'object' }, strict: true },
        },
        { type: 'custom', custom: { name: 'c', format: { type: 'text' } } },
        { type: 'novel', description: 'n' },
      ],
      functions: [{ name: 'old' }],
    });
    expect(found?.tools).toEqual([
      {
        name: 'f',
        description: 'd',
        parameters: { type: 'object' },
        places: {
          name: ['tools', 0, 'function', 'name'],
          description: ['tools', 0, 'function', 'description'],
          parameters: ['tools', 0, 'function', 'parameters'],
        },
      },
      {
        name: 'c',
        parameters: { type: 'text' },
        places: {
          name: ['tools', 1, 'custom', 'name'],
          description: ['tools', 1, 'custom', 'description'],
          parameters: ['tools', 1, 'custom', 'format'],
        },
      },
      {
        name: 'old',
        places: {
          name: ['functions', 0, 'name'],
          description: ['functions', 0, 'description'],
          parameters: ['functions', 0, 'parameters'],
        },
      },
    ]);
    expect(lines(found)).toEqual(['system text /tools/2/description: n']);
  });

  it.each<[string, JsonObject]>([
    ['without messages', { prompt: 'x' }],
    ['with messages that are no list', { messages: { role: 'user', content: 'x' } }],
    ["with Anthropic's blocks", chat({ role: 'user', content: [{ type: 'tool_result', content: 'x' }] })],
    ["with Anthropic's media", chat({ role: 'user', content: [{ type: 'image', source: { data: 'x' } }] })],
    ["with Bedrock's blocks", chat({ role: 'user', content: [{ image: { source: { bytes: 'x' } } }] })],
    [
      "with Cohere's documents",
      chat({ role: 'tool', content: [{ type: 'document', document: { data: {} } }] }),
    ],
  ])('is not recognised %s', (_name, body) => {
    expect(readRequest(body)).toBeUndefined();
  });
});

describe('a chat completions answer', () => {
  it('is read choice by choice', () => {
    const found = readResponse({
      model: 'gpt-4o-2024',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'a', annotations: [{ url_citation: { title: 't' } }] },
        },
        {
          index: 1,
          message: { content: null, tool_calls: [{ function: { name: 'f', arguments: '{"x":"y"}' } }] },
        },
        {
          index: 2,
          message: { role: 'user', content: null, audio: { id: 'au', data: 'AAAA', transcript: 'b' } },
        },
        { index: 3, message: { content: ['odd', { type: 'text', text: 'c' }] } },
        { index: 4, finish_reason: 'content_filter' },
      ],
    });
    expect(found).toMatchObject({ model: 'gpt-4o-2024', opaque: 1 });
    expect(lines(found)).toEqual([
      'assistant text /choices/0/message/content: a',
      'tool citation /choices/0/message/annotations/0/url_citation/title: t',
      'assistant label /choices/1/message/tool_calls/0/function/name: f',
      'assistant tool_arguments /choices/1/message/tool_calls/0/function/arguments: {"x":"y"}',
      'assistant text /choices/2/message/audio/transcript: b',
      'assistant text /choices/3/message/content/0: odd',
      'assistant text /choices/3/message/content/1/text: c',
    ]);
  });

  it('loses its audio when the transcript is changed', () => {
    const answer = (transcript: string, data: string) => ({
      choices: [{ index: 0, message: { content: null, audio: { id: 'au', data, transcript } } }],
    });
    expect(rewrite(chatCompletions, 'response', answer('I am Bob', 'AAAA'), () => 'I am <NAME>')).toEqual({
      body: answer('I am <NAME>', ''),
    });
  });

  it('loses its log probabilities when its text is changed', () => {
    const logprobs = { content: [{ token: 'a', logprob: -1 }] };
    const found = readResponse({
      choices: [{ logprobs, message: { content: 'a' } }, { message: { content: 'b' } }],
    });
    expect(found?.segments.map(({ derived }) => derived)).toEqual([
      [[{ path: ['choices', 0, 'logprobs'], json: 'null' }]],
      [],
    ]);
  });

  it('has quotations of sources beside its text', () => {
    const found = readResponse({
      choices: [
        {
          message: {
            content: 'a',
            annotations: [
              {
                type: 'url_citation',
                url_citation: { title: 'b', url: 'https://c', start_index: 0, end_index: 1 },
              },
            ],
            context: { citations: [{ content: 'd', chunk_id: '0' }], intent: '["e"]' },
          },
          content_filter_results: {
            hate: { filtered: false, severity: 'safe' },
            protected_material_code: { citation: { URL: 'f', license: 'g' } },
            error: { code: 'content_filter_error', message: 'h' },
          },
        },
      ],
      search_results: [{ title: 'i' }],
      moderation: {
        input: { type: 'error', code: 'x', message: 'j' },
        output: { results: [{ model: 'k' }] },
      },
    });
    expect(lines(found)).toEqual([
      'assistant text /choices/0/message/content: a',
      'tool citation /choices/0/message/context/citations/0/content: d',
      'tool citation /choices/0/message/context/intent: ["e"]',
      'tool citation /choices/0/message/annotations/0/url_citation/title: b',
      'tool citation /choices/0/message/annotations/0/url_citation/url: https://c',
      'tool citation /choices/0/content_filter_results/protected_material_code/citation/URL: f',
      'tool citation /choices/0/content_filter_results/protected_material_code/citation/license: g',
      'tool citation /choices/0/content_filter_results/error/message: h',
      'tool citation /moderation/input/message: j',
      'tool citation /search_results/0/title: i',
    ]);
  });

  it('loses what points into its text when that is changed, and nothing when a title is', () => {
    const body = {
      choices: [
        {
          message: { content: 'abc', annotations: [{ url_citation: { title: 'def', start_index: 1 } }] },
          logprobs: { content: [{ token: 'abc' }] },
        },
      ],
    };
    const change = (from: string) =>
      rewrite(chatCompletions, 'response', body, ({ text }) => (text === from ? '#' : undefined));
    expect(change('abc')).toEqual({
      body: { choices: [{ message: { content: '#', annotations: [] }, logprobs: null }] },
    });
    expect(change('def')).toMatchObject({
      body: {
        choices: [
          { message: { content: 'abc', annotations: [{ url_citation: { title: '#', start_index: 1 } }] } },
        ],
      },
    });
  });

  it('is one text where its parts are', () => {
    const parts = [
      { type: 'text', text: 'My SSN is 078-' },
      { type: 'text', text: '05-1120.' },
    ];
    expect(lines(readResponse({ choices: [{ message: { content: parts } }] }))).toEqual([
      'assistant text /choices/0/message/content/0/text: My SSN is 078-|05-1120.',
    ]);
  });

  it('cannot be changed where it is signed', () => {
    const body = { choices: [{ message: { reasoning_details: [{ text: 'a', signature: 's' }] } }] };
    expect(rewrite(chatCompletions, 'response', body, () => '#')).toHaveProperty('refused');
  });

  it('may hold images that a server made', () => {
    const images = [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }, 'AAAA'];
    expect(readResponse({ choices: [{ message: { content: '', images } }] })).toMatchObject({
      segments: [],
      opaque: 2,
    });
  });

  it('is read whatever stands in the places of its parts', () => {
    for (const odd of ['x', ['x'], { novel: 'x' }]) {
      for (const body of [
        { choices: [odd] },
        { choices: [{ message: odd }] },
        { choices: [{ message: { content: odd } }] },
        { choices: [{ message: { tool_calls: odd } }] },
        { choices: [{ message: { audio: odd } }] },
        { choices: [{ message: { thinking_blocks: odd } }] },
        { choices: [{ message: { annotations: odd } }] },
        { choices: [], moderation: odd },
      ]) {
        expect(readResponse(body)?.segments.map(({ text }) => text)).toEqual(['x']);
      }
    }
  });

  it('may say null where it has no choices: it is read beside them', () => {
    expect(readResponse({ id: 'c', choices: null })?.segments).toEqual([]);
    expect(lines(readResponse({ choices: null, novel: 'x' }))).toEqual(['tool citation /novel: x']);
  });

  it.each<[string, JsonObject]>([
    ['without choices', { output: [] }],
    ['with the choices of legacy completions', { choices: [{ text: 'a', index: 0 }] }],
  ])('is not recognised %s', (_name, body) => {
    expect(readResponse(body)).toBeUndefined();
  });
});

describe('what hides in a chat completions request', () => {
  it('is token ids in a message: they cannot be read', () => {
    expect(readRequest(chat({ role: 'user', content: [40, 1541, 477] }))).toMatchObject({ unreadable: 3 });
  });

  it('is a second definition in one tool: both are read', () => {
    const tool = {
      type: 'custom',
      function: { name: 'a' },
      custom: { name: 'b', description: 'hidden' },
      note: 'n',
    };
    const found = readRequest({ ...chat(), tools: [tool] });
    expect(found?.tools.map(({ name, description }) => [name, description])).toEqual([
      ['a', undefined],
      ['b', 'hidden'],
    ]);
    expect(found?.segments.map(({ text }) => text)).toEqual(['n']);
  });
});

describe('a chunk with masses of choices', () => {
  it('is too much, and said so at once', () => {
    const choices = Array.from({ length: 20_000 }, (_, index) => ({
      index,
      delta: { content: 'a' },
      logprobs: 1,
    }));
    const out = new Collector();
    chatCompletions.readStream?.([{ value: { choices } }], out);
    expect(out.extraction.isTooMuch).toBe(true);
  });
});

import { describe, expect, it } from 'vitest';
import { extract, linesOf, rewrite } from '../../../testkit/formats/extract.ts';
import type { JsonObject } from '../segment.ts';
import { generateContent } from './generate-content.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const withParts = (role: string | undefined, ...parts: unknown[]) => ({ contents: [{ role, parts }] });
const read = (body: JsonObject) => extract(generateContent, 'request', body);

describe('a content of Gemini', () => {
  it.each<[string, JsonObject, string[]]>([
    [
      'roles',
      {
        contents: ['user', 'model', 'assistant', 'function', 'tool', 'system', 'oracle', undefined, 7].map(
          (role, index) => ({ role, parts: [{ text: `t${index}` }] }),
        ),
      },
      [
        'user text /contents/0/parts/0/text: t0',
        'assistant text /contents/1/parts/0/text: t1',
        'assistant text /contents/2/parts/0/text: t2',
        'tool tool_result /contents/3/parts/0/text: t3',
        'tool tool_result /contents/4/parts/0/text: t4',
        'system text /contents/5/parts/0/text: t5',
        'user text /contents/6/parts/0/text: t6',
        'user text /contents/7/parts/0/text: t7',
        'user text /contents/8/parts/0/text: t8',
      ],
    ],
    [
      'thoughts, calls and their results',
      withParts(
        'model',
        { text: 'a', thought: true },
        { text: 'b', thought: false },
        {
          functionCall: { id: '1', name: 'f', args: { x: 'c', y: [{ z: 'd' }, 2] } },
          thoughtSignature: 'AA',
        },
        { functionCall: { name: 'f' } },
        { functionCall: { partialArgs: [{ jsonPath: '$.x', stringValue: 'e', willContinue: true }, 'e2'] } },
        { functionResponse: { id: '1', name: 'f', scheduling: 'SILENT', response: { r: 'f' } } },
        { toolCall: { id: '2', toolType: 'GOOGLE_SEARCH_WEB', args: { queries: ['g'] } } },
        { toolResponse: { id: '2', toolType: 'GOOGLE_SEARCH_WEB', response: { result: 'h' } } },
        { executableCode: { id: '3', language: 'PYTHON', code: 'i' } },
        { codeExecutionResult: { id: '3', outcome: 'OUTCOME_OK', output: 'j' } },
      ),
      [
        'assistant reasoning /contents/0/parts/0/text: a',
        'assistant text /contents/0/parts/1/text: b',
        'assistant label /contents/0/parts/2/functionCall/name: f',
        'assistant tool_arguments /contents/0/parts/2/functionCall/args/x: c',
        'assistant tool_arguments /contents/0/parts/2/functionCall/args/y/0/z: d',
        'assistant label /contents/0/parts/3/functionCall/name: f',
        'assistant tool_arguments /contents/0/parts/4/functionCall/partialArgs/0/stringValue: e',
        'assistant tool_arguments /contents/0/parts/4/functionCall/partialArgs/1: e2',
        'tool label /contents/0/parts/5/functionResponse/name: f',
        'tool tool_result /contents/0/parts/5/functionResponse/response/r: f',
        'assistant tool_arguments /contents/0/parts/6/toolCall/args/queries/0: g',
        'tool tool_result /contents/0/parts/7/toolResponse/response/result: h',
        'assistant tool_arguments /contents/0/parts/8/executableCode/code: i',
        'tool tool_result /contents/0/parts/9/codeExecutionResult/output: j',
      ],
    ],
    [
      'files and transcriptions',
      withParts(
        'user',
        { inlineData: { mimeType: 'text/csv; charset=utf-8', data: base64('a'), displayName: 'b' } },
        { fileData: { mimeType: 'application/pdf', fileUri: 'gs://bucket/c', displayName: 'd' } },
        {
          functionResponse: {
            name: 'f',
            parts: [{ inlineData: { mimeType: 'text/plain', data: base64('e') } }],
          },
        },
        { audioTranscription: { text: 'f g', words: [{ word: 'f' }, { word: 'g' }] } },
      ),
      [
        'user document /contents/0/parts/0/inlineData/data: a',
        'user document_title /contents/0/parts/0/inlineData/displayName: b',
        'user document_title /contents/0/parts/1/fileData/displayName: d',
        'tool label /contents/0/parts/2/functionResponse/name: f',
        'tool tool_result /contents/0/parts/2/functionResponse/parts/0/inlineData/data: e',
        'user text /contents/0/parts/3/audioTranscription/text: f g',
      ],
    ],
    [
      'in snake case and without lists',
      {
        contents: {
          parts: [
            { function_call: { args: { x: 'a' } }, thought_signature: 'AA' },
            { function_response: { response: { x: 'b' } } },
            { executable_code: { code: 'c' } },
            { code_execution_result: { output: 'd' } },
            { inline_data: { mime_type: 'text/plain', data: base64('e'), display_name: 'f' } },
          ],
        },
        system_instruction: { parts: { text: 'g' } },
        systemInstruction: { parts: { text: 'h' } },
      },
      [
        'system text /system_instruction/parts/text: g',
        'system text /systemInstruction/parts/text: h',
        'user tool_arguments /contents/parts/0/function_call/args/x: a',
        'tool tool_result /contents/parts/1/function_response/response/x: b',
        'user tool_arguments /contents/parts/2/executable_code/code: c',
        'tool tool_result /contents/parts/3/code_execution_result/output: d',
        'user document /contents/parts/4/inline_data/data: e',
        'user document_title /contents/parts/4/inline_data/display_name: f',
      ],
    ],
    [
      'odd shapes',
      {
        contents: [
          'a',
          null,
          7,
          ['b'],
          { parts: 'c', note: 'd' },
          { parts: [null, 'e', ['f'], { text: { g: 'g' } }, { text: '' }, { novel: { h: 'h' } }] },
          { parts: [{ functionCall: 'i', inlineData: 'j', executableCode: ['k'], functionResponse: 1 }] },
          { parts: [{ inlineData: { data: { l: 'l' }, strange: 'm' }, videoMetadata: { fps: 1 } }] },
          { parts: [{ text: 'n', functionCall: { args: 'o', strange: 'p' } }] },
        ],
      },
      [
        'user text /contents/0: a',
        'user text /contents/3/0: b',
        'user text /contents/4/parts: c',
        'user text /contents/4/note: d',
        'user text /contents/5/parts/1: e',
        'user text /contents/5/parts/2/0: f',
        'user text /contents/5/parts/3/text/g: g',
        'user text /contents/5/parts/5/novel/h: h',
        'user text /contents/6/parts/0/functionCall: i',
        'user text /contents/6/parts/0/inlineData: j',
        'user text /contents/6/parts/0/executableCode/0: k',
        'user document /contents/7/parts/0/inlineData/data/l: l',
        'user document /contents/7/parts/0/inlineData/strange: m',
        'user text /contents/8/parts/0/text: n',
        'user tool_arguments /contents/8/parts/0/functionCall/args: o',
        'user tool_arguments /contents/8/parts/0/functionCall/strange: p',
      ],
    ],
  ])('is read: %s', (_name, body, expected) => {
    expect(linesOf(read(body))).toEqual(expected);
  });

  it('counts the media that carry no text', () => {
    const found = read(
      withParts(
        'user',
        { inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } },
        { inlineData: { data: 'iVBORw0KGgo=' } },
        { fileData: { mimeType: 'video/mp4', fileUri: 'https://example.com/v' } },
      ),
    );
    expect(found).toMatchObject({ segments: [], opaque: 3 });
  });

  it('joins what the model says in adjacent parts, by kind, and what a user does', () => {
    const parts = [
      { text: 'think', thought: true },
      { text: 'ing', thought: true },
      { text: 'an' },
      { text: '' },
      { text: 'swer' },
      { functionCall: { name: 'f' } },
      { text: 'after' },
    ];
    expect(linesOf(read(withParts('model', ...parts)))).toEqual([
      'assistant reasoning /contents/0/parts/0/text: think|ing',
      'assistant text /contents/0/parts/2/text: an|swer',
      'assistant label /contents/0/parts/5/functionCall/name: f',
      'assistant text /contents/0/parts/6/text: after',
    ]);
    expect(linesOf(read(withParts('user', { text: 'a' }, { text: 'b' })))).toEqual([
      'user text /contents/0/parts/0/text: a|b',
    ]);
  });

  it('cannot be changed where it is signed thinking', () => {
    const body = withParts('model', { text: 'b', thought: true, thoughtSignature: 'AA' });
    expect(rewrite(generateContent, 'request', body, () => '#')).toEqual({
      refused: 'AIDR wants to change signed text',
    });
    const answer = withParts('model', { text: 'a', thoughtSignature: 'AA' });
    expect(rewrite(generateContent, 'request', answer, () => '#')).toEqual({
      body: withParts('model', { text: '#', thoughtSignature: 'AA' }),
    });
    const unsigned = withParts('model', { text: 'a', thought_signature: '' });
    expect(rewrite(generateContent, 'request', unsigned, () => '#')).toEqual({
      body: withParts('model', { text: '#', thought_signature: '' }),
    });
  });

  it('is changed inside base64, and loses the words of a transcription that is changed', () => {
    const body = (text: string, words: unknown[], data: string) =>
      withParts(
        'user',
        { audioTranscription: { text, words } },
        { inlineData: { mimeType: 'text/plain', data: base64(data) } },
      );
    expect(rewrite(generateContent, 'request', body('a', [{ word: 'a' }], 'b'), () => '#')).toEqual({
      body: body('#', [], '#'),
    });
  });
});

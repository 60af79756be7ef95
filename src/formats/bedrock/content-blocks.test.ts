import { describe, expect, it } from 'vitest';
import { extract, linesOf, rewrite } from '../../../testkit/formats/extract.ts';
import type { JsonObject } from '../segment.ts';
import { converse } from './converse.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const withBlocks = (role: string, ...content: unknown[]): JsonObject => ({
  messages: [
    { role, content: [{ text: 'q' }] },
    { role, content },
  ],
});
const read = (role: string, ...content: unknown[]) =>
  linesOf(extract(converse, 'request', withBlocks(role, ...content)))
    ?.slice(1)
    .map((line) => line.replace('/messages/1/content', ''));

describe('a content block of Converse', () => {
  it.each<[string, string, unknown[], string[]]>([
    [
      'texts, guarded and plain',
      'user',
      [
        { text: 'a' },
        { guardContent: { text: { text: 'b', qualifiers: ['grounding_source'] } } },
        { guardContent: { text: 'c', image: { format: 'png', source: { bytes: 'iVBORw0KGgo=' } } } },
        { cachePoint: { type: 'default' } },
      ],
      ['user text /0/text: a', 'user text /1/guardContent/text/text: b', 'user text /2/guardContent/text: c'],
    ],
    [
      'tool use and its results',
      'assistant',
      [
        {
          toolUse: { toolUseId: '1', name: 'f', type: 'server_tool_use', input: { x: 'a', y: [{ z: 'b' }] } },
        },
        { toolUse: { toolUseId: '2', name: 'g' } },
        {
          toolResult: {
            toolUseId: '1',
            status: 'success',
            content: [
              { text: 'c' },
              { json: { w: 'd', n: 3 } },
              { document: { name: 'e', format: 'txt', source: { bytes: base64('f') } } },
              {
                searchResult: {
                  title: 'g',
                  source: 'h',
                  content: [{ text: 'i' }],
                  citations: { enabled: true },
                },
              },
            ],
          },
        },
        { toolAddition: { tool: { name: 'f' } } },
      ],
      [
        'assistant label /0/toolUse/name: f',
        'assistant tool_arguments /0/toolUse/input/x: a',
        'assistant tool_arguments /0/toolUse/input/y/0/z: b',
        'assistant label /1/toolUse/name: g',
        'tool tool_result /2/toolResult/content/0/text: c',
        'tool tool_result /2/toolResult/content/1/json/w: d',
        'tool document_title /2/toolResult/content/2/document/name: e',
        'tool document /2/toolResult/content/2/document/source/bytes: f',
        'tool document_title /2/toolResult/content/3/searchResult/title: g',
        'tool document_title /2/toolResult/content/3/searchResult/source: h',
        'tool document /2/toolResult/content/3/searchResult/content/0/text: i',
      ],
    ],
    [
      'documents',
      'user',
      [
        { document: { name: 'a', context: 'b', source: { text: 'c' }, citations: { enabled: true } } },
        { document: { name: 'd', source: { content: [{ text: 'e' }, { text: 'f' }] } } },
        ...['txt', 'md', 'csv', 'html'].map((format) => ({
          document: { format, source: { bytes: base64(format) } },
        })),
      ],
      [
        'user document_title /0/document/name: a',
        'user document_context /0/document/context: b',
        'user document /0/document/source/text: c',
        'user document_title /1/document/name: d',
        'user document /1/document/source/content/0/text: e',
        'user document /1/document/source/content/1/text: f',
        'user document /2/document/source/bytes: txt',
        'user document /3/document/source/bytes: md',
        'user document /4/document/source/bytes: csv',
        'user document /5/document/source/bytes: html',
      ],
    ],
    [
      'an answer that citations cut up, and reasoning',
      'assistant',
      [
        { reasoningContent: { reasoningText: { text: 'a', signature: 'AA', note: 'b' }, novel: 'c' } },
        { reasoningContent: { redactedContent: 'AA==' } },
        { text: 'The sky ' },
        {
          citationsContent: {
            content: [{ text: 'is bl' }, { text: 'ue' }],
            citations: [
              {
                title: 'd',
                source: 'e',
                sourceContent: [{ text: 'f' }],
                location: { documentChar: { documentIndex: 0, start: 1, end: 2 }, web: { url: 'https://g' } },
              },
            ],
          },
        },
        { text: '.' },
        { toolUse: { name: 'f' } },
        { text: 'h' },
      ],
      [
        'assistant reasoning /0/reasoningContent/reasoningText/text: a',
        'assistant reasoning /0/reasoningContent/reasoningText/note: b',
        'assistant reasoning /0/reasoningContent/novel: c',
        'tool citation /3/citationsContent/citations/0/title: d',
        'tool citation /3/citationsContent/citations/0/source: e',
        'tool citation /3/citationsContent/citations/0/sourceContent/0/text: f',
        'tool citation /3/citationsContent/citations/0/location/web/url: https://g',
        'assistant text /2/text: The sky |is bl|ue|.',
        'assistant label /5/toolUse/name: f',
        'assistant text /6/text: h',
      ],
    ],
    [
      'media that failed, and odd shapes',
      'user',
      [
        { image: { format: 'png', source: { bytes: 'iVBORw0KGgo=' }, error: { message: 'a' } } },
        'b',
        null,
        ['c'],
        { text: { d: 'd' } },
        { novel: { e: 'e' }, text: 'f' },
        { toolUse: 'g', toolResult: ['h'], reasoningContent: 'i', document: 7, guardContent: { novel: 'j' } },
        { toolUse: { input: 'k', novel: 'l' }, toolResult: { content: 'm', novel: 'n' } },
        { document: { source: 'o', name: ['p'], novel: 'q' } },
        { document: { format: 'txt', source: { bytes: { r: 'r' }, novel: 's' } } },
        {
          reasoningContent: { reasoningText: 't' },
          citationsContent: { content: 'u', citations: 'v', novel: 'w' },
        },
      ],
      [
        'user text /0/image/error/message: a',
        'user text /1: b',
        'user text /3/0: c',
        'user text /4/text/d: d',
        'user text /5/novel/e: e',
        'user text /5/text: f',
        'user text /6/toolUse: g',
        'user text /6/toolResult/0: h',
        'user text /6/reasoningContent: i',
        'user text /6/guardContent/novel: j',
        'user tool_arguments /7/toolUse/input: k',
        'user tool_arguments /7/toolUse/novel: l',
        'tool tool_result /7/toolResult/content: m',
        'tool tool_result /7/toolResult/novel: n',
        'user document_title /8/document/name/0: p',
        'user document /8/document/source: o',
        'user document /8/document/novel: q',
        'user document /9/document/source/bytes/r: r',
        'user document /9/document/source/novel: s',
        'user reasoning /10/reasoningContent/reasoningText: t',
        'user text /10/citationsContent/content: u',
        'tool citation /10/citationsContent/citations: v',
        'user text /10/citationsContent/novel: w',
      ],
    ],
  ])('is read: %s', (_name, role, content, expected) => {
    expect(read(role, ...content)).toEqual(expected);
  });

  it('counts what carries no text', () => {
    const body = withBlocks(
      'user',
      { image: { format: 'png', source: { bytes: 'iVBORw0KGgo=' } } },
      { video: { format: 'mp4', source: { s3Location: { uri: 's3://x' } } } },
      { audio: { format: 'mp3', source: { bytes: 'AAAA' } } },
      { document: { format: 'pdf', source: { bytes: 'JVBERi0=' } } },
      { document: { format: 'txt', source: { s3Location: { uri: 's3://x' } } } },
      { document: { source: { bytes: '0M8R4KGxGuE=' } } },
      { guardContent: { image: { format: 'png', source: { bytes: 'AAAA' } } } },
      { reasoningContent: { redactedContent: 'AAAA' } },
    );
    expect(extract(converse, 'request', body)).toMatchObject({ segments: [{ text: 'q' }], opaque: 8 });
  });

  it('is changed in the piece that a change touches, and inside base64', () => {
    const said = (name: string) => [
      { text: 'I am ' },
      { citationsContent: { content: [{ text: name }], citations: [{ title: 't' }] } },
    ];
    expect(
      rewrite(converse, 'request', withBlocks('assistant', ...said('Ann')), ({ text }) =>
        text.replace('Ann', '<NAME>'),
      ),
    ).toEqual({ body: withBlocks('assistant', ...said('<NAME>')) });
    const file = (text: string) => ({ document: { format: 'md', source: { bytes: base64(text) } } });
    expect(
      rewrite(converse, 'request', withBlocks('user', file('Ann')), ({ kind }) =>
        kind === 'document' ? '<NAME>' : undefined,
      ),
    ).toEqual({ body: withBlocks('user', file('<NAME>')) });
  });

  it('cannot be changed where it is signed', () => {
    const thought = (signature?: string) =>
      withBlocks('assistant', { reasoningContent: { reasoningText: { text: 'Ann', signature } } });
    const change = ({ kind }: { kind: string }) => (kind === 'reasoning' ? '#' : undefined);
    expect(rewrite(converse, 'request', thought('AA'), change)).toEqual({
      refused: 'AIDR wants to change signed text',
    });
    expect(rewrite(converse, 'request', thought(), change)).toHaveProperty('body');
  });
});

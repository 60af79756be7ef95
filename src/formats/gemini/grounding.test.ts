import { describe, expect, it } from 'vitest';
import { extract, linesOf, rewrite } from '../../../testkit/formats/extract.ts';
import type { JsonObject } from '../segment.ts';
import { generateContent } from './generate-content.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const answer = (candidate: JsonObject) => ({
  candidates: [{ content: { parts: [{ text: 'The sky is blue.' }] }, ...candidate }],
});
const notes = (candidate: JsonObject) =>
  linesOf(extract(generateContent, 'response', answer(candidate)))
    ?.slice(1)
    .map((line) => line.replace('tool citation /candidates/0/', ''));

const REDIRECT = `https://vertexaisearch.cloud.google.com/grounding-api-redirect/${'Ab_-'.repeat(16)}`;

describe('what an answer of Gemini says about its sources', () => {
  it.each<[string, JsonObject, string[]]>([
    [
      'searches',
      {
        groundingMetadata: {
          webSearchQueries: ['a'],
          imageSearchQueries: ['b'],
          retrievalQueries: ['c'],
          searchEntryPoint: {
            renderedContent: '<div>d</div>',
            sdkBlob: base64('[["e","https://e.example"]]'),
          },
          retrievalMetadata: { googleSearchDynamicRetrievalScore: 1 },
          googleMapsWidgetContextToken: 'token',
        },
      },
      [
        'groundingMetadata/webSearchQueries/0: a',
        'groundingMetadata/imageSearchQueries/0: b',
        'groundingMetadata/retrievalQueries/0: c',
        'groundingMetadata/searchEntryPoint/renderedContent: <div>d</div>',
        'groundingMetadata/searchEntryPoint/sdkBlob: [["e","https://e.example"]]',
      ],
    ],
    [
      'words behind a redirect',
      { groundingMetadata: { groundingChunks: [{ web: { uri: `${REDIRECT} b c` } }] } },
      [`groundingMetadata/groundingChunks/0/web/uri: ${REDIRECT} b c`],
    ],
    [
      'passages, in either spelling',
      {
        grounding_metadata: {
          grounding_chunks: [
            { web: { title: 'a', domain: 'b', uri: 'https://c.example' } },
            { web: { uri: `${REDIRECT}=` } },
            {
              retrieved_context: {
                title: 'd',
                text: 'e',
                document_name: 'projects/1',
                rag_chunk: { text: 'f' },
              },
            },
            {
              maps: {
                place_id: 'p',
                text: 'g',
                place_answer_sources: { review_snippets: [{ review: 'h' }] },
              },
            },
          ],
        },
      },
      [
        'grounding_metadata/grounding_chunks/0/web/title: a',
        'grounding_metadata/grounding_chunks/0/web/domain: b',
        'grounding_metadata/grounding_chunks/0/web/uri: https://c.example',
        'grounding_metadata/grounding_chunks/2/retrieved_context/title: d',
        'grounding_metadata/grounding_chunks/2/retrieved_context/text: e',
        'grounding_metadata/grounding_chunks/2/retrieved_context/rag_chunk/text: f',
        'grounding_metadata/grounding_chunks/3/maps/text: g',
        'grounding_metadata/grounding_chunks/3/maps/place_answer_sources/review_snippets/0/review: h',
      ],
    ],
    [
      'supports that do not repeat the answer',
      {
        groundingMetadata: {
          groundingSupports: [
            { segment: { startIndex: 0, endIndex: 7, text: 'The sky' }, groundingChunkIndices: [0] },
            { segment: { text: 'Something else', note: 'a' } },
            'b',
          ],
        },
      },
      [
        'groundingMetadata/groundingSupports/1/segment/text: Something else',
        'groundingMetadata/groundingSupports/1/segment/note: a',
        'groundingMetadata/groundingSupports/2: b',
      ],
    ],
    [
      'citations, fetched addresses, attributions',
      {
        citationMetadata: {
          citations: [{ startIndex: 1, endIndex: 2, uri: 'https://a', title: 'b', license: 'c' }],
        },
        urlContextMetadata: { urlMetadata: [{ retrievedUrl: 'https://d', urlRetrievalStatus: 'OK' }] },
        groundingAttributions: [{ sourceId: { passageId: 'x' }, content: { parts: [{ text: 'e' }] } }],
      },
      [
        'citationMetadata/citations/0/uri: https://a',
        'citationMetadata/citations/0/title: b',
        'citationMetadata/citations/0/license: c',
        'urlContextMetadata/urlMetadata/0/retrievedUrl: https://d',
        'groundingAttributions/0/content/parts/0/text: e',
      ],
    ],
    [
      'odd shapes',
      { groundingMetadata: 'a', citationMetadata: ['b', 7], urlContextMetadata: { novel: { c: 'c' } } },
      ['groundingMetadata: a', 'citationMetadata/0: b', 'urlContextMetadata/novel/c: c'],
    ],
  ])('is read: %s', (_name, candidate, expected) => {
    expect(notes(candidate)).toEqual(expected);
  });

  const grounded = answer({
    groundingMetadata: {
      webSearchQueries: ['sky'],
      groundingSupports: [{ segment: { endIndex: 7, text: 'The sky' } }, { segment: { text: 'Elsewhere' } }],
    },
    citationMetadata: { citationSources: [{ endIndex: 7, uri: 'https://a', title: 'Sky' }] },
    logprobsResult: { chosenCandidates: [{ token: 'The' }] },
  });

  it('goes where it repeats or counts the characters of a changed answer', () => {
    expect(rewrite(generateContent, 'response', grounded, () => '#')).toEqual({
      body: {
        candidates: [
          {
            content: { parts: [{ text: '#' }] },
            groundingMetadata: { webSearchQueries: ['#'], groundingSupports: [] },
            citationMetadata: { citationSources: [] },
            logprobsResult: null,
          },
        ],
      },
    });
  });

  it('stays when only a note is changed', () => {
    const changed = rewrite(generateContent, 'response', grounded, ({ text }) =>
      text === 'Sky' ? '#' : undefined,
    );
    expect(changed).toMatchObject({
      body: {
        candidates: [
          {
            groundingMetadata: { groundingSupports: [{ segment: { text: 'The sky' } }, {}] },
            citationMetadata: { citationSources: [{ endIndex: 7, uri: 'https://a', title: '#' }] },
          },
        ],
      },
    });
  });
});

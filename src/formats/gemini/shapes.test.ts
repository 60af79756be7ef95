import { describe, expect, it } from 'vitest';
import {
  overlooked,
  placesThatExcuse,
  restOf,
  restOfEvents,
} from '../../../testkit/formats/overlooked-leaves.ts';
import type { BodyFormat } from '../format.ts';
import type { JsonObject } from '../segment.ts';
import { countTokens } from './count-tokens.ts';
import { embedContent } from './embed-content.ts';
import { generateContent } from './generate-content.ts';
import { predict } from './predict.ts';

const SIGNATURE = 'Ab1+'.repeat(16);

it.each([generateContent, countTokens, embedContent, predict])(
  'no place of $name excuses a word that only looks like an id',
  ({ shapes }) => {
    const places = Object.entries(shapes ?? {}).flatMap(([side, shape]) =>
      placesThatExcuse(shape).map((path) => side + path),
    );
    expect(places).toEqual([]);
    expect(Object.keys(shapes ?? {})).toEqual(['request', 'response']);
  },
);

const snakeCased = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(snakeCased);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      snakeCased(item),
    ]),
  );
};

const settings = {
  generationConfig: {
    responseModalities: ['TEXT'],
    responseMimeType: 'application/json',
    responseSchema: { type: 'OBJECT', items: { type: 'STRING', maxLength: '9' } },
    speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: 'Kore' } }, languageCode: 'en-US' },
    thinkingConfig: { thinkingLevel: 'high', includeThoughts: true },
    imageConfig: { aspectRatio: '16:9', imageSize: '2K' },
    mediaResolution: 'MEDIA_RESOLUTION_LOW',
    routingConfig: { autoMode: { modelRoutingPreference: 'BALANCED' } },
  },
  safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'OFF', method: 'SEVERITY' }],
  toolConfig: {
    functionCallingConfig: { mode: 'AUTO' },
    retrievalConfig: { languageCode: 'de', latLng: { latitude: 1.5, longitude: 2 } },
  },
  tools: [
    {
      functionDeclarations: [
        { name: 'f', parameters: {}, behavior: 'BLOCKING', response: { type: 'STRING' } },
      ],
    },
    {
      googleSearch: { timeRangeFilter: { startTime: '2025-01-01T00:00:00Z' } },
      codeExecution: {},
      urlContext: {},
    },
    { googleSearchRetrieval: { dynamicRetrievalConfig: { mode: 'MODE_DYNAMIC', dynamicThreshold: 0.5 } } },
    {
      retrieval: { vertexRagStore: { similarityTopK: 3 } },
      computerUse: { environment: 'ENVIRONMENT_BROWSER' },
    },
  ],
  model: 'models/gemini-2.5-flash',
  serviceTier: 'flex',
};

const contents = [
  {
    role: 'user',
    parts: [
      { text: 'a', videoMetadata: { startOffset: '1.5s', fps: 2 } },
      {
        inlineData: { mimeType: 'image/png', data: SIGNATURE },
        mediaResolution: { level: 'MEDIA_RESOLUTION_HIGH' },
      },
      { audioTranscription: { text: 'Hi Bob', words: [{ word: 'Hi', startOffset: '1s' }, { word: 'Bob' }] } },
    ],
  },
  {
    role: 'model',
    parts: [
      {
        functionCall: { id: '4f73027b-5f1f-478c-9906-97d0ec74e19a', name: 'f' },
        thoughtSignature: SIGNATURE,
      },
      { executableCode: { language: 'PYTHON', code: 'c' } },
      { codeExecutionResult: { outcome: 'OUTCOME_OK', output: 'd' } },
      { toolCall: { toolType: 'GOOGLE_MAPS' }, thoughtSignature: 'skip_thought_signature_validator' },
    ],
  },
];

it.each<{ format: BodyFormat; direction: 'request' | 'response' | 'event'; also?: JsonObject }>([
  { format: generateContent, direction: 'request' },
  { format: generateContent, direction: 'response' },
  { format: countTokens, direction: 'request', also: { instances: [] } },
  { format: countTokens, direction: 'response', also: { totalTokens: 1 } },
  { format: embedContent, direction: 'request' },
  { format: embedContent, direction: 'response', also: { embedding: { values: [0.5] } } },
  { format: predict, direction: 'request' },
  { format: predict, direction: 'response' },
])('no member of $format.name is overlooked, in its $direction', ({ format, direction, also }) => {
  const lists = ['contents', 'parts', 'tools', 'candidates', 'instances', 'predictions', 'groundingChunks'];
  expect(overlooked(format, direction, lists, also)).toEqual([]);
});

describe('what is left of a request of Gemini', () => {
  it.each<[string, BodyFormat, JsonObject]>([
    ['generateContent', generateContent, { contents, ...settings }],
    ['countTokens', countTokens, { generateContentRequest: { contents, ...settings } }],
    [
      'embedContent',
      embedContent,
      { requests: [{ model: 'models/gemini-embedding-001', content: contents[0], taskType: 'CLUSTERING' }] },
    ],
    [
      'predict',
      predict,
      {
        instances: [
          { content: 'a', taskType: 'RETRIEVAL_QUERY', image: { mimeType: 'image/png', gcsUri: '' } },
        ],
        parameters: { aspectRatio: '1:1', personGeneration: 'allow_adult', sampleImageSize: '2K' },
      },
    ],
  ])('of closed lists, ids and settings is nothing, in either spelling: %s', (_name, format, body) => {
    expect(restOf(format, 'request', body)).toEqual([]);
    expect(restOf(format, 'request', snakeCased(body) as JsonObject)).toEqual([]);
  });

  it('is every word that somebody chose', () => {
    const body = {
      contents: [
        {
          role: 'ann',
          parts: [
            { functionCall: { id: 'bob', name: 'f', args: { carl: 'a' } }, thoughtSignature: 'dora' },
            { functionResponse: { name: 'f', response: { eve: 'b' }, scheduling: 'fay' } },
            { fileData: { fileUri: 'gs://gus', mimeType: 'hal' } },
            { audioTranscription: { text: 'c', speakerLabel: 'ida', languageCode: 'lou' } },
          ],
        },
      ],
      generationConfig: {
        stopSequences: ['jim'],
        seed: 4111111111111111,
        speechConfig: { voiceConfig: { voice: 'kim' } },
      },
      labels: { lea: 'max' },
      cachedContent: 'cachedContents/nora',
      tools: [
        {
          mcpServers: [{ name: 'otto', streamableHttpTransport: { url: 'pam', headers: { quinn: 'rob' } } }],
        },
        { fileSearch: { fileSearchStoreNames: ['sue'], metadataFilter: 'tom' } },
      ],
    };
    const words = [
      ...[
        'ann',
        'bob',
        'dora',
        'fay',
        'gs://gus',
        'hal',
        'ida',
        'lou',
        'jim',
        'kim',
        'max',
        'cachedContents/nora',
        'otto',
      ],
      ...['pam', 'rob', 'sue', 'tom', 'carl', 'eve', 'lea', 'quinn', '4111111111111111'],
    ];
    expect(restOf(generateContent, 'request', body)).toEqual(words.sort());
  });

  it('is what no model of Google’s has, of predict', () => {
    const body = { instances: [{ content: 'a', author: 'ann', bob: 'b' }], parameters: { voice: 'carl' } };
    expect(restOf(predict, 'request', body)).toEqual(['ann', 'author', 'bob', 'carl', 'voice']);
  });
});

const answer = {
  candidates: [
    {
      index: 0,
      content: { role: 'model', parts: [{ text: 'The sky is blue.' }] },
      finishReason: 'STOP',
      safetyRatings: [
        { category: 'HARM_CATEGORY_HARASSMENT', probability: 'LOW', severity: 'HARM_SEVERITY_LOW' },
      ],
      groundingMetadata: {
        groundingChunks: [
          {
            web: {
              uri: `https://vertexaisearch.cloud.google.com/grounding-api-redirect/${'Ab-_'.repeat(16)}=`,
            },
          },
        ],
        groundingSupports: [
          { segment: { startIndex: 0, endIndex: 7, text: 'The sky' }, groundingChunkIndices: [0] },
        ],
      },
      urlContextMetadata: { urlMetadata: [{ urlRetrievalStatus: 'URL_RETRIEVAL_STATUS_SUCCESS' }] },
      logprobsResult: {
        chosenCandidates: [
          { token: 'The', tokenId: 1 },
          { token: ' sky', tokenId: 2000000 },
        ],
      },
    },
  ],
  usageMetadata: {
    promptTokenCount: 1500000,
    promptTokensDetails: [{ modality: 'TEXT' }],
    trafficType: 'ON_DEMAND',
  },
  modelVersion: 'gemini-2.5-flash-image-preview',
  responseId: 'ON4gaYT4Gc20qtsP2bSiiQ0',
  createTime: '2025-08-19T15:18:43.287437Z',
};

describe('what is left of an answer of Gemini', () => {
  it('that repeats itself is nothing, whole and streamed, in either spelling', () => {
    expect(restOf(generateContent, 'response', answer)).toEqual([]);
    expect(restOfEvents(generateContent, [answer])).toEqual([]);
    const { responseId, ...rest } = answer;
    expect(restOf(generateContent, 'response', snakeCased({ ...rest, responseId }) as JsonObject)).toEqual(
      [],
    );
  });

  it('is every other word', () => {
    const candidate = {
      content: {
        role: 'ann',
        parts: [{ text: 'x' }, { functionCall: { partialArgs: [{ jsonPath: '$.bob' }] } }],
      },
      finishReason: 'carl',
      logprobsResult: {
        chosenCandidates: [{ token: 'dora' }],
        topCandidates: [{ candidates: [{ token: 'eve' }] }],
      },
      groundingMetadata: { groundingChunks: [{ maps: { placeId: 'fay' } }] },
      citationMetadata: { gus: [] },
    };
    const body = {
      candidates: [candidate],
      responseId: 'correct_horse_battery1',
      modelVersion: 'hal',
      usageMetadata: { ida: 1 },
    };
    expect(restOf(generateContent, 'response', body)).toEqual(
      [
        ...['ann', '$.bob', 'carl', 'dora', 'eve', 'fay', 'correct_horse_battery1', 'hal', 'gus', 'ida'],
      ].sort(),
    );
  });

  it.each<[string, BodyFormat, JsonObject]>([
    [
      'countTokens',
      countTokens,
      { totalTokens: 2000000, promptTokensDetails: [{ modality: 'TEXT', tokenCount: 3 }] },
    ],
    ['embedContent', embedContent, { embedding: { values: [0.1] }, metadata: { billableCharacterCount: 3 } }],
    [
      'predict',
      predict,
      { predictions: [{ embeddings: { values: [0.1], statistics: { token_count: 3 } } }] },
    ],
  ])('of numbers is nothing: %s', (_name, format, body) => {
    expect(restOf(format, 'response', body)).toEqual([]);
  });
});

import { beforeAll, describe, expect, it } from 'vitest';
import type { Provider } from '../src/config/api-uri.ts';
import { type Reading, readRequest, readResponse, readStreamOrList } from '../src/formats/read.ts';
import { type RouteFormats, routeFormats } from '../src/formats/registry.ts';
import { isObject } from '../src/formats/segment.ts';
import { plantEverywhere } from '../testkit/formats/plant-everywhere.ts';
import { readSdkTypes, type SdkTypes } from './sdk-types.ts';

const OPENAI = 'openai/resources/';
const CHAT = `${OPENAI}chat/completions/completions.d.ts`;
const COMPLETIONS = `${OPENAI}completions.d.ts`;
const EMBEDDINGS = `${OPENAI}embeddings.d.ts`;
const RESPONSES = `${OPENAI}responses/responses.d.ts`;
const INPUT_TOKENS = `${OPENAI}responses/input-tokens.d.ts`;

type What = 'request' | 'response' | 'event';

interface Declared {
  file: string;
  type: string;
  what: What;
  route: [Provider, string, path: string];
  /** What makes a body of a few members one of the API's, or an event that comes before. */
  beside?: object;
}

const chat: Declared['route'] = ['openai', '/v1/chat/completions', '/v1/chat/completions'];
const completions: Declared['route'] = ['openai', '/v1/completions', '/v1/completions'];
const embeddings: Declared['route'] = ['openai', '/v1/embeddings', '/v1/embeddings'];
const responses: Declared['route'] = ['openai', '/v1/responses', '/v1/responses'];
const azure: Declared['route'] = ['azureai', '/responses', '/openai/v1/responses'];

const created = { type: 'response.created', response: { id: 'resp_1a', object: 'response', output: [] } };

const DECLARED: Declared[] = [
  {
    file: CHAT,
    type: 'ChatCompletionCreateParamsBase',
    what: 'request',
    route: chat,
    beside: { messages: [] },
  },
  { file: CHAT, type: 'ChatCompletion', what: 'response', route: chat },
  { file: CHAT, type: 'ChatCompletionChunk', what: 'event', route: chat },
  { file: COMPLETIONS, type: 'CompletionCreateParamsBase', what: 'request', route: completions },
  { file: COMPLETIONS, type: 'Completion', what: 'response', route: completions },
  { file: COMPLETIONS, type: 'Completion', what: 'event', route: completions },
  { file: EMBEDDINGS, type: 'EmbeddingCreateParams', what: 'request', route: embeddings },
  { file: EMBEDDINGS, type: 'CreateEmbeddingResponse', what: 'response', route: embeddings },
  {
    file: RESPONSES,
    type: 'ResponseCreateParamsBase',
    what: 'request',
    route: responses,
    beside: { input: 'words' },
  },
  {
    file: RESPONSES,
    type: 'ResponseCompactParams',
    what: 'request',
    route: responses,
    beside: { input: 'words' },
  },
  {
    file: INPUT_TOKENS,
    type: 'InputTokenCountParams',
    what: 'request',
    route: azure,
    beside: { input: 'words' },
  },
  { file: RESPONSES, type: 'Response', what: 'response', route: responses },
  { file: RESPONSES, type: 'CompactedResponse', what: 'response', route: responses },
  { file: RESPONSES, type: 'ResponseStreamEvent', what: 'event', route: responses, beside: created },
];

describe("what an official client's types declare", () => {
  let types: SdkTypes;
  beforeAll(() => {
    types = readSdkTypes([...new Set(DECLARED.map(({ file }) => file))]);
  });

  it.each(DECLARED)(
    'is seen in every leaf, or refused: $type, $what',
    ({ file, type, what, route, beside }) => {
      const [provider, apiUri, path] = route;
      const formats = routeFormats(provider, apiUri) ?? { configured: [], all: [] };
      const bodies = types.bodiesOf(file, type);
      expect(bodies).not.toEqual([]);
      const unseen = new Set<string>();
      for (const sample of bodies) {
        const body =
          what === 'event' ? [...(beside ? [beside] : []), sample] : { ...beside, ...Object(sample) };
        const read = (value: unknown) => readAs(what, formats, value, path);
        if (!read(body).isRecognised) expect(body).toBe('recognised');
        for (const place of plantEverywhere(body, read, doneIn(what, apiUri)).unseen) unseen.add(place);
      }
      expect([...unseen]).toEqual([]);
    },
  );
});

const done = new Map<string, Set<string>>();

/** What one API's bodies have in common is tried once: its other endpoints take the same. */
function doneIn(what: What, apiUri: string): Set<string> {
  const key = `${what} ${apiUri.replace('/v1', '')}`;
  const known = done.get(key) ?? new Set();
  done.set(key, known);
  return known;
}

function readAs(what: What, formats: RouteFormats, value: unknown, path: string): Reading {
  if (what === 'response') return readResponse(formats, value, path);
  if (what === 'request') return readRequest(formats, isObject(value) ? value : {}, path);
  const events = Array.isArray(value) ? value.map((one) => ({ value: one as unknown })) : [];
  return readStreamOrList(formats, events, path);
}

/** Arguments that a client's types allow, and the client does not. */
import { awsFrame } from '../../../src/body/stream/aws-event-stream.ts';
import { isObject } from '../../../src/formats/segment.ts';
import { type Answer, json, WORDS } from './wire.ts';

/** They would change where or how a request is sent; of two members only one may be there. */
const HIDDEN: ReadonlySet<string> = new Set([
  ...[
    'httpOptions',
    'abortSignal',
    'api_version',
    'stream',
    'betas',
    'output_format',
    'source',
    'googleAuth',
  ],
]);

/** Google's client builds paths of the names of what it keeps. */
const NAMES: [RegExp, string][] = [
  [/^batches\./, 'batches/1'],
  [/^caches\./, 'cachedContents/1'],
  [/^files\./, 'files/1'],
  [/^tunings\./, 'tunedModels/1'],
  [/^fileSearchStores\.documents\.list/, 'fileSearchStores/1'],
  [/^fileSearchStores\.documents\./, 'fileSearchStores/1/documents/1'],
  [/^fileSearchStores\./, 'fileSearchStores/1'],
];

interface Instead {
  args: unknown[];
  answer?: Answer;
}

/** Where the first that the types allow is no text, or a client makes something else of an answer than what it was. */
const INSTEAD: Record<string, Instead> = {
  'completions.create': { args: [{ model: WORDS, prompt: WORDS, suffix: WORDS }] },
  'embeddings.create': { args: [{ model: WORDS, input: WORDS }] },
  'models.computeTokens': { args: [{ model: WORDS, contents: WORDS }] },
  'models.generateImages': predicting({ prompt: WORDS }),
  'models.recontextImage': predicting({ source: { prompt: WORDS } }),
  'models.segmentImage': predicting({
    source: { prompt: WORDS, image: image() },
    config: { mode: 'PROMPT' },
  }),
  'models.upscaleImage': predicting({ image: image(), upscaleFactor: 'x2' }),
  'operations.getVideosOperation': { args: [{ operation: { name: 'models/veo/operations/1' } }] },
  InvokeModelCommand: invoking(json({ results: [{ outputText: WORDS }] })),
  InvokeModelWithResponseStreamCommand: invoking({
    type: 'application/vnd.amazon.eventstream',
    body: awsFrame(
      { ':event-type': 'chunk', ':content-type': 'application/json', ':message-type': 'event' },
      { bytes: Buffer.from(JSON.stringify({ index: 0, outputText: WORDS })).toString('base64') },
    ),
  }),
};

function image(): object {
  return { imageBytes: 'iVBORw0KGgo=', mimeType: 'image/png' };
}

function predicting(asked: object): Instead {
  const prediction = { bytesBase64Encoded: 'iVBORw0KGgo=', mimeType: 'image/png', prompt: WORDS };
  return { args: [{ model: 'imagen-4', ...asked }], answer: json({ predictions: [prediction] }) };
}

function invoking(answer: Answer): Instead {
  const body = JSON.stringify({ inputText: WORDS });
  return { args: [{ modelId: 'amazon.titan-text-express-v1', body }], answer };
}

/** @returns undefined where what the types say is answered will do */
export function answerInstead(method: string): Answer | undefined {
  return INSTEAD[method]?.answer;
}

/** @param hidden what this client does not take with the others @param text in place of the words */
export function tidied(
  method: string,
  given: readonly unknown[],
  hidden: ReadonlySet<string>,
  text = WORDS,
): unknown[] {
  const args = INSTEAD[method]?.args ?? without(given, new Set([...HIDDEN, ...hidden]));
  const [, name] = NAMES.find(([pattern]) => pattern.test(method)) ?? [];
  const named = (value: unknown): unknown => {
    if (name === undefined || !isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        item === WORDS && /^(?:name|parent)$/.test(key) ? name : item,
      ]),
    );
  };
  return (Array.isArray(args) ? args : []).map((value) => saying(named(value), text));
}

/** The same value, with another text in each of its places. */
function saying(value: unknown, text: string): unknown {
  if (typeof value === 'string') return value.replaceAll(/\bwords\b/g, text);
  if (Array.isArray(value)) return value.map((item) => saying(item, text));
  if (value instanceof File) return new File([text], value.name);
  if (Buffer.isBuffer(value)) return Buffer.from(text);
  if (!isObject(value) || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, saying(item, text)]));
}

/** @returns the member that a client says it does not take; undefined where it says something else */
export function unsupportedMember(failure: string): string | undefined {
  return /\b(\w+) parameter is (?:not|only) supported/.exec(failure)?.[1];
}

function without(value: unknown, hidden: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => without(item, hidden));
  if (!isObject(value) || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => (hidden.has(key) ? [] : [[key, without(item, hidden)]])),
  );
}

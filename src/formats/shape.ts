/**
 * What the places of a body hold that is no text. A format names the keys of its API here, and what may stand under each
 * of them without saying anything: a word of a closed list, an id in the provider's own form, a count, a time.
 *
 * A shape can only excuse what it names. Whatever it does not name is text, and so is a value that is none of those that its
 * place may hold.
 */

import { isSealed } from './sealed.ts';
import type { TraceReason } from './trace.ts';

/** What may stand at one place, in an object there, or in each item of a list there. */
export interface Shape {
  /** @returns whether such a value says nothing here; asked of strings that are not empty, and of large numbers */
  isInert?(value: string | number): boolean;
  /** The keys that the API defines here: names, which say nothing. */
  keys?(): ReadonlyMap<string, Shape>;
  /** What stands under every other key, which is the caller's own and so a text itself. */
  others?: Shape;
}

export type Fields = Record<string, Shape>;

/** Beside the shapes and not in them: objects with more kinds of members would be slower to ask. */
const reasons = new WeakMap<Shape, TraceReason>();
const alternatives = new WeakMap<Shape, readonly Shape[]>();

/** @param why what a value is that such a shape excuses, for whoever explains a body */
export function because(why: TraceReason, shape: Shape): Shape {
  reasons.set(shape, why);
  return shape;
}

/** @returns why the value says nothing at such a place; undefined where it may say something */
export function whyInert(shape: Shape | undefined, value: string | number): TraceReason | undefined {
  if (shape?.isInert?.(value) !== true) return undefined;
  const others = alternatives.get(shape);
  if (!others) return reasons.get(shape) ?? 'word';
  return others.map((one) => whyInert(one, value)).find((why) => why !== undefined);
}

/** @param fields a function where a shape holds itself */
export function object(fields: Fields | (() => Fields)): Shape {
  let keys: Map<string, Shape> | undefined;
  return {
    keys() {
      keys ??= new Map(Object.entries(typeof fields === 'function' ? fields() : fields));
      return keys;
    },
  };
}

/** The keys that the API defines at the top of such a value, whether they hold text or not. */
export function keysOf({ keys }: Shape): ReadonlySet<string> {
  return new Set(keys?.().keys());
}

/** The same under each of several keys. */
export function eachOf(keys: readonly string[], shape: Shape): Fields {
  return Object.fromEntries(keys.map((key) => [key, shape]));
}

/** The same for keys that are divided by blanks. */
export function all(keys: string, shape: Shape): Fields {
  return eachOf(keys.split(' '), shape);
}

/** A map whose keys are the caller's own. */
export function mapOf(others: Shape): Shape {
  return { others };
}

/** A place that may hold either: a word or an object, for instance. */
export function either(...shapes: Shape[]): Shape {
  const leaves = shapes.filter(({ isInert }) => isInert);
  const [first, second] = leaves;
  const others = shapes.flatMap((shape) => shape.others ?? []);
  const owners = shapes.filter((shape) => shape.keys);
  let keys: ReadonlyMap<string, Shape> | undefined;
  const whole: Shape = {
    ...(first && !second && first.isInert ? { isInert: first.isInert } : {}),
    ...(second
      ? { isInert: (value: string | number) => leaves.some((shape) => shape.isInert?.(value)) }
      : {}),
    ...(owners.length > 0 ? { keys: () => (keys ??= merged(owners)) } : {}),
    ...(others.length > 0 ? { others: others.length === 1 ? (others[0] as Shape) : either(...others) } : {}),
  };
  alternatives.set(whole, leaves);
  return whole;
}

function merged(owners: readonly Shape[]): ReadonlyMap<string, Shape> {
  const keys = new Map<string, Shape>();
  for (const owner of owners) {
    for (const [key, shape] of owner.keys?.() ?? []) {
      const known = keys.get(key);
      keys.set(key, known && known !== shape ? both(known, shape) : shape);
    }
  }
  return keys;
}

const pairs = new WeakMap<Shape, WeakMap<Shape, Shape>>();

/** One shape for each pair: shapes hold themselves, and a body of many depths must not leave more of them behind. */
function both(first: Shape, second: Shape): Shape {
  const ofFirst = pairs.get(first) ?? new WeakMap<Shape, Shape>();
  pairs.set(first, ofFirst);
  const pair = ofFirst.get(second) ?? either(first, second);
  ofFirst.set(second, pair);
  return pair;
}

/** A known key with a value that is text, unless a reader says what it is. */
export const known: Shape = {};

/** A name that something else has to have as well, such as that of a tool: text, which cannot be changed here alone. */
export const name: Shape = { isInert: () => false };

/** One of the words that the API defines. */
export function oneOf(...words: string[]): Shape {
  const closed = new Set(words);
  return { isInert: (value) => typeof value === 'string' && closed.has(value) };
}

/** A number that measures something; a string is text. */
export const count = because('count', { isInert: (value) => typeof value === 'number' });

const TIME = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?$/;

/** Seconds or milliseconds, or a time as RFC 3339 writes it. */
export const time = because('time', {
  isInert: (value) => typeof value === 'number' || TIME.test(value),
});

/** A length of time, such as `1.5s`, `300ms` or `24h`. */
export const duration = because('duration', {
  isInert: (value) => typeof value === 'number' || /^\d{1,6}(?:\.\d{1,9})?(?:ns|us|ms|s|m|h)$/.test(value),
});

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** Not of digits alone, as the number of a card is. */
const HEX = /^(?=\d*[a-f])[0-9a-f]{16,128}$/;

/** A UUID or a hash, as every provider has them. */
export const uuid = because('id', {
  isInert: (value) => typeof value === 'string' && isUuidOrHash(value),
});

function isUuidOrHash(value: string): boolean {
  return UUID.test(value) || HEX.test(value);
}

/**
 * An id: one of these prefixes, a separator, and what is drawn at random.
 *
 * @param prefixes such as `chatcmpl-`; UUIDs and hashes are ids without any, and behind a prefix as well
 */
export function idOf(...prefixes: string[]): Shape {
  const own = new Set(prefixes);
  let last = '';
  return because('id', {
    isInert(value) {
      if (typeof value !== 'string') return false;
      // Every chunk of a stream says the same.
      if (value === last) return true;
      const isId = hasPrefix(value, own) || isUuidOrHash(value);
      if (isId) last = value;
      return isId;
    },
  });
}

/** Longer ids are none. */
const MAX_ID_LENGTH = 160;

const SEPARATORS = '-_:';

function hasPrefix(value: string, prefixes: ReadonlySet<string>): boolean {
  if (value.length > MAX_ID_LENGTH) return false;
  for (let at = 0; at < value.length; at++) {
    if (!SEPARATORS.includes(value.charAt(at)) || !prefixes.has(value.slice(0, at + 1))) continue;
    const rest = value.slice(at + 1);
    if (isDrawn(rest) || isUuidOrHash(rest)) return true;
  }
  return false;
}

/** One word without a sign in it: no sentence, no number with hyphens, and none as long as that of a card or a person. */
function isDrawn(word: string): boolean {
  return /^[A-Za-z0-9]+$/.test(word) && /[0-9]/.test(word) && !/[0-9]{9}/.test(word);
}

/** @param pattern anchored, without alternatives that match the same */
export function matching(pattern: RegExp, why: TraceReason = 'pattern'): Shape {
  return because(why, { isInert: (value) => typeof value === 'string' && pattern.test(value) });
}

/** What is signed or encrypted for a machine. */
export const sealed = because('signature', {
  isInert: (value) => typeof value === 'string' && isSealed(value),
});

/** `image/png` and the like. */
export const mediaType = matching(
  /^(?:application|audio|font|image|model|text|video)\/[a-z0-9](?:[a-z0-9.+-]{0,60}[a-z0-9])?(?:; ?charset=[a-z0-9-]{1,20})?$/i,
  'media_type',
);

/** `en`, `de-AT`, `zh-Hans-CN`; `US`. Names of people begin with one capital. */
export const languageCode = matching(
  /^(?:[A-Z]{2}|[a-z]{2,3}(?:[-_][A-Z][a-z]{3})?(?:[-_](?:[A-Z]{2}|419))?)$/,
  'language',
);

/** Words of which providers make the names of their models; versions, sizes and dates stand between them. */
const MODEL_WORDS = new Set(
  (
    'gpt chatgpt turbo mini nano instruct preview latest audio realtime search deep research codex pro omni moderation ' +
    'text embedding ada babbage curie davinci code small large medium tts whisper dall image vision transcribe ' +
    'claude opus sonnet haiku fable mythos instant anthropic us eu apac global jp au amazon nova lite micro premier canvas reel titan express ' +
    'premier meta llama scout maverick mistral mixtral ministral magistral codestral pixtral devstral voxtral nemo open tiny ai21 jamba ' +
    'deepseek sol reasoner chat coder distill qwen qwq max plus gemini gemma flash exp experimental thinking google vertex models publishers ' +
    'generation native dialog robotics computer use imagen veo generate live ' +
    'command nightly a r c4ai light vision aya expanse cohere rerank embed english multilingual arabic translate reasoning north ' +
    'openai azure kimi glm grok fast beta writer palmyra stability sdxl oss sonar perplexity phi yi it hf bedrock v'
  ).split(' '),
);

/** At most so many digits in a row: a version, or a date. */
const MODEL_NUMBER = /^(?:[a-z]{0,2}\d{1,3}[a-z]{0,2}|20\d{6}|20\d\d|[01]\d[0-3]\d|\d{1,2}x\d{1,3}b)$/;

/** The name of a known model; a name that somebody chose, such as that of a deployment, is text. */
export const modelName = because('model', {
  isInert(value) {
    if (typeof value !== 'string' || value.length > 128) return false;
    const words = value.toLowerCase().split(/[-._:/@ ]/);
    // What begins with a number is no model's name.
    return MODEL_WORDS.has(words[0] ?? '') || /^(?:o\d|v\d|gpt\d|llama\d|qwen\d)/.test(words[0] ?? '')
      ? words.every(
          (word) =>
            MODEL_WORDS.has(word) || MODEL_NUMBER.test(word) || /^(?:llama|qwen|phi|gemma)\d$/.test(word),
        )
      : false;
  },
});

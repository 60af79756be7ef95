/**
 * Local patterns: any text is a pattern or is refused, a pattern finds what JavaScript's engine finds, and a denied phrase
 * is found however the caller cuts it up.
 */
import { type Arbitrary, array, constantFrom, nat, oneof, record, string, stringMatching } from 'fast-check';
import { ConfigurationError, loadConfig } from '../../src/config/load.ts';
import { readRequest } from '../../src/formats/read.ts';
import { routeFormats } from '../../src/formats/registry.ts';
import { compilePattern } from '../../src/inspection/patterns/linear-pattern.ts';
import { localRules } from '../../src/inspection/patterns/local-rules.ts';
import type { Growth, Target } from '../target.ts';

interface Input {
  pattern: string;
  /** Nobody has a pattern like this one: it need not be one at all. */
  garbage: string;
  texts: string[];
  /** Where a denied phrase is cut, and what each piece becomes. */
  cuts: { at: number; as: 'part' | 'message' }[];
}

/** What both engines read alike; no repetition in a repetition, on which JavaScript's would never end. */
const anyAtom: Arbitrary<string> = oneof(
  constantFrom(
    'a',
    'b',
    '1',
    ' ',
    '[ab]',
    '[^a]',
    '\\d',
    '\\w',
    '\\W',
    '\\.',
    '.',
    'é',
    '\\x61',
    '(?:ab|b1)',
    '(a)',
  ),
  constantFrom('^', '$', '\\b', '\\B'),
);
const anyPiece = record({
  atom: anyAtom,
  count: constantFrom('', '', '', '*', '+', '?', '{2}', '{1,3}', '*?', '+?'),
});
const anyPattern = array(oneof(anyPiece.map(written), constantFrom('|')), { minLength: 1, maxLength: 6 }).map(
  (list) => list.join(''),
);

/** Nothing repeats an assertion: engines disagree about what that means. */
function written({ atom, count }: { atom: string; count: string }): string {
  return /^(?:[\^$]|\\[bB])$/.test(atom) ? atom : atom + count;
}

export const patterns: Target<Input> = {
  name: 'patterns',
  inputs: record({
    pattern: anyPattern,
    garbage: oneof(
      string({ maxLength: 12 }),
      stringMatching(/^[()[\]{}*+?|\\^$.<>=!:PpLdwbkg,0-9a-]{1,14}$/),
    ),
    texts: array(string({ unit: constantFrom('a', 'b', '1', ' ', '.', 'é', 'x'), maxLength: 24 }), {
      maxLength: 4,
    }),
    cuts: array(record({ at: nat(99), as: constantFrom('part' as const, 'message' as const) }), {
      maxLength: 4,
    }),
  }),
  show: (input) => JSON.stringify(input),
  start: async () => ({ check: checkPatterns, growth }),
};

async function checkPatterns({ pattern, garbage, texts, cuts }: Input): Promise<void> {
  compilePattern(garbage);
  const compiled = compilePattern(pattern);
  if (!compiled.ok) throw new Error(`an ordinary pattern is refused: it ${compiled.reason}`);
  const other = new RegExp(pattern);
  for (const text of texts)
    if (compiled.pattern.matches(text) !== other.test(text))
      throw new Error('another engine finds something else');
  await checkDenial(cuts);
}

const PHRASE = 'forbidden fruit of 1984';
const rules = rulesWith({ deny_patterns: ['forbidden fruit of \\d+'] });

async function checkDenial(cuts: Input['cuts']): Promise<void> {
  const formats = routeFormats('openai', '/v1/chat/completions');
  if (!formats) throw new Error('no body format');
  const { extraction } = readRequest(formats, { messages: messagesOf(cuts) }, '/v1/chat/completions');
  if (!(await rules?.(extraction.segments))) throw new Error('a denied phrase was not found');
}

/** One phrase, by the same speaker, in as many pieces as there are cuts. */
function messagesOf(cuts: Input['cuts']): { role: string; content: object[] }[] {
  const messages = [{ role: 'user', content: [] as object[] }];
  let start = 0;
  const places = cuts.map(({ at, as }) => ({ at: at % PHRASE.length, as })).sort((a, b) => a.at - b.at);
  for (const { at, as } of [...places, { at: PHRASE.length, as: 'part' }]) {
    messages.at(-1)?.content.push({ type: 'text', text: PHRASE.slice(start, at) });
    if (as === 'message') messages.push({ role: 'user', content: [] });
    start = at;
  }
  return messages;
}

function rulesWith(fields: object) {
  const upstream = { provider: 'openai', api_uri: '/v1/chat/completions' };
  return localRules(
    loadConfig({ ai_guard_api_key: 'k', upstream_llm: upstream, ...fields }, 'request').config,
  );
}

/** Patterns on which engines that backtrack take for ever. */
const HARD = ['(?:a|a)*b', '(?:a*)*b', '(?:ab?)+c', '\\ba+$', 'a{1,40}b', '(?:[ab]+1)+$'].map((source) => {
  const compiled = compilePattern(source);
  if (!compiled.ok) throw new ConfigurationError(compiled.reason);
  return compiled.pattern;
});

const growth: Growth = {
  pieces: ['a', 'aa', 'b', 'ab', '1', ' ', 'é', '\n', 'x'],
  read(body) {
    const text = Buffer.from(body).toString('utf8');
    for (const pattern of HARD) pattern.matches(text);
  },
};

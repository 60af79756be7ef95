/**
 * JSON documents and edits of them: read as JSON.parse reads them, refused where two readers could differ, and changed in
 * the edited strings alone.
 */
import { isDeepStrictEqual } from 'node:util';
import { array, constantFrom, jsonValue, nat, record, string } from 'fast-check';
import { visit } from 'jsonc-parser';
import { type JsonDocument, parseJson } from '../../src/body/json/document.ts';
import type { Path } from '../../src/body/json/edit.ts';
import { anyFlips, type Flip, flipped } from '../bytes.ts';
import { anySpelling, type Spelling, spell } from '../json-spellings.ts';
import { differenceOutside } from '../same-text.ts';
import { leavesOf } from '../string-leaves.ts';
import type { Growth, Target } from '../target.ts';

interface Input {
  value: unknown;
  spelling: Spelling;
  flips: Flip[];
  /** Each for one of the strings, counted round and round. */
  edits: { at: number; how: 'replace' | 'append' | 'cut'; text: string }[];
}

const anyText = string({
  unit: constantFrom(...('ab"\\/\n\u0000é\u2028😀{['.match(/./gsu) ?? []), '\ud800'),
});

export const json: Target<Input> = {
  name: 'json',
  inputs: record({
    value: jsonValue({ maxDepth: 4 }),
    spelling: anySpelling,
    flips: anyFlips,
    edits: array(
      record({
        at: nat(99),
        how: constantFrom('replace' as const, 'append' as const, 'cut' as const),
        text: anyText,
      }),
      { maxLength: 4 },
    ),
  }),
  show: (input) => JSON.stringify({ base64: bytesOf(input).toString('base64'), edits: input.edits }),
  start: async () => ({ check: checkJson, growth }),
};

function bytesOf({ value, spelling, flips }: Input): Buffer {
  return flipped(Buffer.from(spell(value, spelling), 'utf8'), flips);
}

function checkJson(input: Input): void {
  const bytes = bytesOf(input);
  const text = bytes.toString('utf8');
  const expected = readElsewhere(text);
  const parsed = parseJson(bytes);
  if (parsed.ok) {
    if (!isDeepStrictEqual(parsed.document.value, expected?.value))
      throw new Error('another reader reads other values');
    if (hasDuplicateKey(text)) throw new Error('a duplicate key was passed over');
    checkEdits(text, parsed.document, input.edits);
  } else if (expected && Buffer.from(text).equals(bytes) && !hasDuplicateKey(text))
    throw new Error(`refused as ${parsed.problem}`);
}

function readElsewhere(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function hasDuplicateKey(text: string): boolean {
  const open: Set<string>[] = [];
  let isDuplicate = false;
  visit(text, {
    onObjectBegin: () => {
      open.push(new Set());
    },
    onObjectEnd: () => {
      open.pop();
    },
    onObjectProperty: (name) => {
      if (open.at(-1)?.has(name)) isDuplicate = true;
      open.at(-1)?.add(name);
    },
  });
  return isDuplicate;
}

function checkEdits(text: string, document: JsonDocument, wanted: Input['edits']): void {
  const leaves = leavesOf(document.value);
  if (leaves.length === 0) return;
  const edits = new Map<string, { path: Path; text: string }>();
  for (const { at, how, text: given } of wanted) {
    const leaf = leaves[at % leaves.length];
    if (!leaf) continue;
    const next = { replace: given, append: leaf.text + given, cut: leaf.text.slice(given.length) }[how];
    // Half a surrogate pair has no bytes of its own.
    edits.set(JSON.stringify(leaf.path), { path: leaf.path, text: next.toWellFormed() });
  }
  const changed = Buffer.from(document.apply([...edits.values()])).toString('utf8');
  const now = new Map(leavesOf(JSON.parse(changed)).map((leaf) => [JSON.stringify(leaf.path), leaf.text]));
  for (const [path, { text: next }] of edits)
    if (now.get(path)?.toWellFormed() !== next) throw new Error(`an edit did not arrive at ${path}`);
  const difference = differenceOutside(text, changed, (path) => edits.has(JSON.stringify(path)));
  if (difference !== undefined) throw new Error(`changed for no reason: ${difference}`);
}

const growth: Growth = {
  pieces: [
    ...[
      '"',
      '\\',
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      ' ',
      'a',
      '1',
      '"a"',
      '"a":1,',
      '{"a":',
      '[1,2],',
      '\\u0041',
      '\\"',
    ],
    ...['{"a":1,"b":[]},', 'null,', '-', '1e9', '\u00e9', '\n', '"\\\\"'],
  ],
  read(body) {
    const parsed = parseJson(body);
    const first = parsed.ok ? leavesOf(parsed.document.value).slice(0, 1) : [];
    const edits = first.map(({ path, text }) => ({ path, text: text.replaceAll('a', '<A>') }));
    if (parsed.ok) parsed.document.apply(edits);
  },
};

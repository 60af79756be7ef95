/** docs/troubleshooting.md has a row for every text that a client or an operator can read, and no other. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GAP, OTHER_TEXTS, operatorTexts, SAYS_NOTHING } from './operator-texts.ts';

const read = (file: string) => readFile(resolve(import.meta.dirname, '..', file), 'utf8');
const page = await read('docs/troubleshooting.md');
const texts = await operatorTexts();

/** Rows of messages, without their marks. What others say is in tables with another head. */
const rows = [...page.matchAll(/^\| text .*\n\|[-|]+\n((?:\|.*\n)+)/gm)].flatMap(([, body = '']) =>
  body.trim().split('\n').map(plain),
);

function plain(row: string): string {
  return row.replaceAll('`', '').replaceAll('\\|', '|');
}

/** A text as it may stand on the page: with anything for what is filled in. */
function pattern(text: string): RegExp {
  const parts = plain(text)
    .split(GAP)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(parts.join('[^|]*?'));
}

describe('the troubleshooting page', () => {
  it.each(texts)('explains "$text" of $file', ({ text }) => {
    expect(
      rows.some((row) => pattern(text).test(row)),
      `a row with "${text}"`,
    ).toBe(true);
  });

  it.each(rows)('says nothing that the source does not say: %s', (row) => {
    const [, first = ''] = row.split('|');
    expect(texts.some(({ text }) => pattern(text).test(first))).toBe(true);
  });

  it('has a cause and a remedy in each row', () => {
    for (const row of rows) expect(row.split(' | '), row).toHaveLength(3);
  });

  it('says what to do in each row, of others and of symptoms too', () => {
    const tables = page.matchAll(/^\| [^|]+ \| cause \| remedy \|\n\|[-|]+\n((?:\|.*\n)+)/gm);
    const remedies = [...tables].flatMap(([, body = '']) =>
      body
        .trim()
        .split('\n')
        .map((row) => row.slice(row.lastIndexOf(' | ', row.length - 3) + 3, -2)),
    );
    expect(remedies.length).toBeGreaterThan(rows.length);
    expect(
      remedies.filter((remedy) => /^(?:none|–|the same|as above|see why|the \w+|)$/.test(remedy)),
    ).toEqual([]);
  });

  it('is checked against texts of every part', () => {
    const parts = new Set(texts.map(({ file }) => file.split('/').slice(0, 2).join('/')));
    for (const part of [
      'src/aidr',
      'src/cli',
      'src/config',
      'src/inspection',
      'src/pluginserver',
      'plugins/shared',
    ])
      expect([...parts]).toContain(part);
  });

  it('leaves out only constants and files that exist', async () => {
    const named = [
      'src/cli/command-line.ts',
      'src/cli/guard.ts',
      'src/cli/dry-run/options.ts',
      'src/cli/check/internal-route.ts',
      'src/kong/guard-plugin.ts',
      'src/inspection/history/history.ts',
    ];
    const sources = await Promise.all([...named, ...SAYS_NOTHING].map(read));
    for (const name of OTHER_TEXTS) expect(sources.join('\n')).toContain(`const ${name}`);
  });
});

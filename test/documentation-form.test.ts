/** Every page of the manual says at its top whom it is for, and at its end where to go next. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { blocksOf, headingsIn, linksIn, withoutFences } from './markdown.ts';
import { pages } from './repository-files.ts';

const read = (file: string) => readFile(resolve(import.meta.dirname, '..', file), 'utf8');

const LAST = 'Where to go next';

/** @returns what is wrong with a page */
function problemsOf(text: string): string[] {
  const lines = text.split('\n');
  const [title, second] = headingsIn(text);
  const last = headingsIn(text).at(-1);
  if (title?.line !== 0) return ['it does not begin with its title'];
  const [first = ''] = blocksOf(lines.slice(1, second?.line).join('\n'));
  const end = last?.text === LAST && last.level === 2 ? lines.slice(last.line + 1).join('\n') : '';
  const links = linksIn(end).filter(({ target }) => /^[\w./-]+\.md(?:#.+)?$/.test(target));
  const problems = [
    [/^This page is for you (?:if|when) /.test(first), 'its first paragraph does not say whom it is for'],
    [first.length <= 700, 'its first paragraph is too long'],
    [end !== '', `it does not end with "${LAST}"`],
    [links.length >= 2 && links.length <= 6, 'it does not lead to two to six other pages'],
    [blocksOf(withoutFences(end)).length === 1, 'what it ends with is more than a list'],
  ] as const;
  return problems.flatMap(([isGood, problem]) => (isGood ? [] : [problem]));
}

describe('a page of the manual begins with whom it is for, and ends with where to go next', async () => {
  it.each((await pages()).filter((page) => page.startsWith('docs/')))('%s', async (page) => {
    expect(problemsOf(await read(page))).toEqual([]);
  });
});

const GOOD = `# A\n\nThis page is for you if b.\n\n## C\n\nText.\n\n## ${LAST}\n\n- [d](d.md)\n- [e](e.md#f)\n`;

it.each([
  ['nothing', (page: string) => page, 0],
  ['a table at the top', (page: string) => page.replace('This page', '| a | b |\n\nThis page'), 1],
  ['another beginning', (page: string) => page.replace('is for you if', 'has'), 1],
  ['no end', (page: string) => page.replace(/## Where[\s\S]*/, ''), 3],
  ['something behind the end', (page: string) => `${page}\nTests: none.\n`, 1],
  ['a heading behind the end', (page: string) => `${page}\n## More\n`, 3],
  ['links to other sites only', (page: string) => page.replaceAll('.md', '.example'), 1],
  [
    'an example in place of the end',
    (page: string) => page.replace(/(## Where[\s\S]*)/, '```md\n$1```\n'),
    3,
  ],
])('a page with %s has the problems that it has', (_, change, count) => {
  expect(problemsOf(change(GOOD))).toHaveLength(count);
});

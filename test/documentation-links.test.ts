/** Links lead somewhere. What is outside of this repository is checked by its form only: tests use no network. */
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { posix, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorsIn, headingsIn, linksIn, withoutFences } from './markdown.ts';
import { filesUnder, pages } from './repository-files.ts';

const root = resolve(import.meta.dirname, '..');
const read = (file: string) => readFile(resolve(root, file), 'utf8');

/** @returns what is wrong with a link of a page */
async function problemOf(page: string, target: string): Promise<string | undefined> {
  if (/^[a-z][a-z+.-]*:/i.test(target)) return isGoodAddress(target) ? undefined : 'is no good address';
  const [path = '', anchor, more] = target.split('#');
  if (more !== undefined || target === '' || path.startsWith('/')) return 'is no relative path';
  const file = path === '' ? page : posix.join(posix.dirname(page), decodeURI(path));
  if (file.startsWith('..')) return 'leaves the repository';
  if (!existsSync(resolve(root, file))) return 'leads to no file';
  if (anchor === undefined) return undefined;
  if (!file.endsWith('.md')) return 'names a heading of what has none';
  return anchorsIn(await read(file)).includes(anchor) ? undefined : 'names no heading';
}

/** Written as browsers would send it, encrypted, and with nobody's name and password. */
function isGoodAddress(target: string): boolean {
  if (!URL.canParse(target)) return false;
  const { protocol, hostname, username, password } = new URL(target);
  return (
    protocol === 'https:' && /^[a-z\d-]+(\.[a-z\d-]+)+$/.test(hostname) && username === '' && password === ''
  );
}

describe.each(await pages())('%s', async (page) => {
  const text = await read(page);
  const links = linksIn(text);

  it('has links that lead somewhere', async () => {
    const problems = await Promise.all(
      links.map(async ({ target }) => [target, await problemOf(page, target)] as const),
    );
    expect(problems.filter(([, problem]) => problem !== undefined)).toEqual([]);
  });

  it('has pictures that exist, and that are told in words', async () => {
    for (const { target, text: words } of links.filter(({ isImage }) => isImage)) {
      expect(target).toMatch(/\.(?:png|svg)$/);
      expect((await stat(resolve(root, posix.dirname(page), target))).isFile()).toBe(true);
      expect(words.split(/\s+/).length, target).toBeGreaterThan(5);
    }
  });

  it('writes its links in the one way that is checked', () => {
    expect(withoutFences(text)).not.toMatch(/^\[[^\]]+\]: /m);
    expect(withoutFences(text).replace(/`[^`\n]*`/g, '')).not.toMatch(/<(?:a|img|picture|source)\b|\]\[/);
  });

  it('has one title, and no two headings of the same name in a section', () => {
    const headings = headingsIn(text);
    expect(headings.filter(({ level }) => level === 1)).toHaveLength(1);
    const tops = headings.filter(({ level }) => level <= 2).map((one) => one.text);
    if (page !== 'CHANGELOG.md') expect(new Set(tops).size).toBe(tops.length);
  });
});

it('every picture is shown on a page', async () => {
  const shown = new Set<string>();
  for (const page of await pages())
    for (const { target } of linksIn(await read(page))) shown.add(posix.join(posix.dirname(page), target));
  const pictures = await filesUnder('docs/pictures');
  expect(pictures.filter((picture) => !shown.has(picture))).toEqual([]);
});

it.each([
  ['a page that is missing', 'nowhere.md'],
  ['a heading that is missing', '#no-such-heading'],
  ['a heading of another page that is missing', 'docs/README.md#no-such-heading'],
  ['a path from the top', '/docs/README.md'],
  ['a path out of the repository', '../README.md'],
  ['an address that is not encrypted', 'http://example.com/'],
  ['an address with a password', 'https://a:b@example.com/'],
  ['an address without a host', 'https:///path'],
  ['nothing', ''],
])('%s is found', async (_, target) => {
  expect(await problemOf('README.md', target)).toBeDefined();
});

it('anchors are made as GitHub makes them', () => {
  const page =
    '# Kong\'s `a.b` & "c"\n## Über_uns — x\n## Same\n```sh\n# no heading\n```\n## Same\n## [Link](x.md) here #\n';
  expect(anchorsIn(page)).toEqual(['kongs-ab--c', 'über_uns--x', 'same', 'same-1', 'link-here']);
});

it('links are found wherever they stand', () => {
  const page = '[a](b.md "t") `[c](d)`\n```\n[e](f)\n```\n[![g](h.png)](i.md) | [j [k]](l.md#m) |';
  expect(linksIn(page).map(({ target }) => target)).toEqual(['b.md', 'i.md', 'h.png', 'l.md#m']);
});

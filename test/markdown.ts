/** What a page of the documentation holds, without the code in it. */

/** @returns the same lines; those of fenced code are empty */
export function withoutFences(text: string): string {
  let fence: string | undefined;
  const lines = text.split('\n').map((line) => {
    const [, mark] = /^ *(```+|~~~+)/.exec(line) ?? [];
    if (fence === undefined && mark === undefined) return line;
    if (fence === undefined) fence = mark;
    else if (mark?.startsWith(fence)) fence = undefined;
    return '';
  });
  return lines.join('\n');
}

export interface Link {
  text: string;
  /** As it is written, without a title. */
  target: string;
  isImage: boolean;
}

/** Links and images, also an image inside of a link. */
export function linksIn(page: string): Link[] {
  const text = withoutFences(page).replace(/`[^`\n]*`/g, (code) => '`'.repeat(code.length));
  const inline = text.matchAll(/(!?)\[((?:[^[\]]|\[[^\]]*\])*)\]\(([^)\s]*)(?:\s+"[^"]*")?\)/g);
  return [...inline].flatMap(({ 1: mark, 2: label = '', 3: target = '' }) => [
    { text: label, target, isImage: mark === '!' },
    ...(label.includes('](') ? linksIn(label) : []),
  ]);
}

export interface Heading {
  level: number;
  text: string;
  /** The file's, counted from 0. */
  line: number;
}

export function headingsIn(page: string): Heading[] {
  return withoutFences(page)
    .split('\n')
    .flatMap((line, index) => {
      const [, marks = '', text = ''] = /^(#{1,6}) +(.+?)(?: +#+)?$/.exec(line) ?? [];
      return marks === '' ? [] : [{ level: marks.length, text, line: index }];
    });
}

/**
 * The anchors that GitHub gives to headings: what is no letter, number, mark, hyphen or underscore is dropped, spaces become
 * hyphens, and a number tells those apart that would be the same.
 *
 * @see https://docs.github.com/en/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/basic-writing-and-formatting-syntax#section-links
 */
export function anchorsIn(page: string): string[] {
  const counts = new Map<string, number>();
  return headingsIn(page).map(({ text }) => {
    const shown = text.replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1');
    const slug = shown
      .toLowerCase()
      .replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '')
      .replaceAll(' ', '-');
    const count = counts.get(slug) ?? 0;
    counts.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
}

/** @returns the blocks between blank lines of a section, without its heading */
export function blocksOf(section: string): string[] {
  return section
    .trim()
    .split(/\n{2,}/)
    .filter((block) => block !== '');
}

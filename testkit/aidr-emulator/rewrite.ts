/** The transforming actions: what becomes of the characters of a hit. */
import type { Hit } from './detect.ts';
import type { Encryption } from './fpe.ts';

/** The text with every hit whose action transforms replaced; of overlapping hits the first counts. */
export function rewrite(text: string, hits: readonly Hit[], encryption: Encryption): string {
  const transforming = hits.filter(({ action }) => action !== 'block' && action !== 'report');
  transforming.sort((a, b) => a.start - b.start || b.end - a.end);
  let rewritten = '';
  let done = 0;
  for (const hit of transforming) {
    if (hit.start < done) continue;
    rewritten += text.slice(done, hit.start) + transform(hit, encryption);
    done = hit.end;
  }
  return rewritten + text.slice(done);
}

function transform({ action, type, value }: Hit, encryption: Encryption): string {
  switch (action) {
    case 'replacement':
      return `<${type}>`;
    case 'mask':
      return '*'.repeat(value.length);
    case 'partial_mask':
      return '*'.repeat(Math.max(0, value.length - 4)) + value.slice(-4);
    case 'encrypt':
      return encryption.encrypt(value);
    case 'defang':
      return defang(value);
    default:
      return value;
  }
}

/** `http://www.evil.example/a.b` becomes `hxxp://www[.]evil[.]example/a.b`: only scheme and host change. */
function defang(link: string): string {
  return link.replace(/^(?:http(s?:\/\/))?([^/?#:]+)/i, (_, scheme: string | undefined, host: string) => {
    const inert = host.replaceAll('.', '[.]');
    return scheme === undefined ? inert : `hxxp${scheme}${inert}`;
  });
}

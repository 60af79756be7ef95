/** Paths as Kong normalises them for matching, escapes them for the upstream, and joins them (path handling v0). */

const RESERVED = "!*'();:@&=+$,/?%#[]";

/** Decodes what need not be encoded, removes dot segments and empty segments. Works on one character a byte. */
export function normalizePath(path: string): string {
  if (path === '' || path === '/') return path;
  const decoded = path.replace(/%([\dA-Fa-f]{2})/g, (triplet, hex: string) => {
    const char = String.fromCharCode(Number.parseInt(hex, 16));
    return RESERVED.includes(char) ? triplet.toUpperCase() : char;
  });
  const segments: string[] = [];
  const parts = decoded.split('/');
  const absolute = decoded.startsWith('/');
  for (const [index, part] of parts.entries()) {
    const last = index === parts.length - 1;
    if (part === '..') segments.pop();
    else if (part !== '.' && part !== '') segments.push(part);
    if (last && (part === '' || part === '.' || part === '..')) segments.push('');
  }
  const joined = segments.join('/');
  return absolute ? `/${joined}` : joined;
}

/** Percent-encodes what may not stand in a request line; leaves reserved characters and `%` alone. */
export function escapePath(path: string): string {
  return path.replace(/[^!#$&'()*+,/:;=?@[\]A-Za-z\d\-_.~%]/g, (char) => {
    return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
}

/** The path part of a request URI. */
export function pathOf(uri: string): string {
  const mark = uri.indexOf('?', 1);
  return mark === -1 ? uri : uri.slice(0, mark);
}

/** The query of a request URI, without the question mark. */
export function queryOf(uri: string): string {
  const mark = uri.indexOf('?');
  return mark === -1 ? '' : uri.slice(mark + 1);
}

/** The upstream's path: the service's path, and the request's with the matched prefix taken off. */
export function upstreamPath(options: {
  readonly requestPath: string;
  readonly prefix: string;
  readonly base: string;
  readonly strip: boolean;
}): string {
  const { requestPath, prefix, base, strip } = options;
  const root = base.endsWith('/') ? base.slice(0, -1) : base;
  if (!strip) return requestPath === '/' && !base.endsWith('/') ? base : root + requestPath;
  const rest = withoutDots(requestPath.slice(prefix.length));
  if (rest !== '') return root + (rest.startsWith('/') ? rest : `/${rest}`);
  if (base === '/') return '/';
  if (base.endsWith('/')) return requestPath.endsWith('/') ? base : root;
  return requestPath.length > 1 && requestPath.endsWith('/') ? `${base}/` : base;
}

function withoutDots(rest: string): string {
  if (rest === '.' || rest === '..') return '';
  if (rest.startsWith('.//')) return rest.slice(2);
  return rest.startsWith('../') ? rest.slice(3) : rest;
}

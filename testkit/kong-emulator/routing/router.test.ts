import { describe, expect, it } from 'vitest';
import type { Route, Service } from '../config/model.ts';
import { Router } from './router.ts';
import { escapePath, normalizePath, upstreamPath } from './uri.ts';

const route = (name: string, fields: Partial<Route>): Route => ({
  id: name,
  name,
  protocols: ['http', 'https'],
  regex_priority: 0,
  strip_path: true,
  preserve_host: false,
  https_redirect_status_code: 426,
  ...fields,
});

describe('the router', () => {
  const router = new Router(
    [
      route('root', { paths: ['/'] }),
      route('short', { paths: ['/a'] }),
      route('long', { paths: ['/a/b'] }),
      route('both', { paths: ['/z', '/zz/long'] }),
      route('regex', { paths: ['~/a/b/\\d+$'] }),
      route('regex-first', { paths: ['~/a/b/1\\d*$'], regex_priority: 5 }),
      route('post', { paths: ['/'], methods: ['POST'] }),
      route('host', { hosts: ['api.example.com'], paths: ['/'] }),
      route('wildcard', { hosts: ['*.example.com'], paths: ['/'] }),
      route('port', { hosts: ['ported.org:8000'] }),
      route('header', { headers: { 'x-kind': ['Chat', '~*^emb'] } }),
      route('disabled', { paths: ['/disabled'], service: { id: 'off' } }),
    ],
    [{ id: 'off', enabled: false } as Service],
  );

  it.each([
    ['/x', {}, 'root'],
    ['/a', {}, 'short'],
    ['/abc', {}, 'short'],
    ['/a/b', {}, 'long'],
    ['/a/b/2', {}, 'regex'],
    ['/a/b/12', {}, 'regex-first'],
    ['/zz/long/x', {}, 'both'],
    ['/zz/x', {}, 'both'],
    ['/a/b', { method: 'POST' }, 'post'],
    ['/x', { host: 'API.example.com:80' }, 'host'],
    ['/x', { host: 'other.example.com' }, 'wildcard'],
    ['/a/b/c', { host: 'ported.org', method: 'PUT' }, 'port'],
    ['/x', { header: 'chat' }, 'header'],
    ['/x', { header: 'embeddings' }, 'header'],
    ['/x', { header: 'image' }, 'root'],
    ['/disabled', {}, 'root'],
  ] as const)(
    '%s with %o goes to %s',
    (path, given: { method?: string; host?: string; header?: string }, expected) => {
      const { method = 'GET', host = 'localhost', header } = given;
      const match = router.match({
        method,
        host,
        path,
        port: 8000,
        header: () => (header === undefined ? [] : [header]),
      });
      expect(match?.route.name).toBe(expected);
    },
  );

  it('says what to strip', () => {
    const match = router.match({ method: 'GET', host: 'x', path: '/a/b/42', port: 80, header: () => [] });
    expect(match?.prefix).toBe('/a/b/42');
  });
});

describe('paths', () => {
  it.each([
    ['/a/./b/../c', '/a/c'],
    ['/a//b/', '/a/b/'],
    ['/%61%2f%2E%2e', '/a%2F..'],
    ['/a/..', '/'],
    ['/../x', '/x'],
    ['/', '/'],
  ])('normalises %s to %s', (path, expected) => {
    expect(normalizePath(path)).toBe(expected);
  });

  it('escapes what may not stand in a request line', () => {
    expect(escapePath('/a b\u00e9"%2F')).toBe('/a%20b%E9%22%2F');
  });

  it.each([
    ['/a/x', '/a', '/base', true, '/base/x'],
    ['/ax', '/a', '/base', true, '/base/x'],
    ['/a', '/a', '/base', true, '/base'],
    ['/a', '/a', '/base/', true, '/base'],
    ['/a/', '/a/', '/base/', true, '/base/'],
    ['/a/', '/a', '/', true, '/'],
    ['/a/x', '/', '/base', false, '/base/a/x'],
    ['/', '/', '/base', false, '/base'],
    ['/a', '/', '/base/', false, '/base/a'],
  ])('joins %s without %s to %s (strip %s)', (requestPath, prefix, base, strip, expected) => {
    expect(upstreamPath({ requestPath, prefix, base, strip })).toBe(expected);
  });
});

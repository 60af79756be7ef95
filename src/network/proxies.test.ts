import { afterEach, describe, expect, it } from 'vitest';
import { hasCredentials, ProxyError, proxyFor, proxySettings, useProxies } from './proxies.ts';

afterEach(() => useProxies(proxySettings({})));

describe('the proxy for a target', () => {
  const VARIABLES = {
    https_proxy: 'http://secure.example:3128',
    http_proxy: 'plain.example:8080',
    no_proxy: '.internal,10.0.0.0/8',
  };
  const via = (host: string, isTls = true, port = 443) => proxyFor({ host, port, isTls })?.host;

  it.each([
    ['api.crowdstrike.com', true, 'secure.example'],
    ['api.crowdstrike.com', false, 'plain.example'],
    ['llm.internal', true, undefined],
    ['10.2.3.4', false, undefined],
    ['localhost', true, undefined],
    ['LOCALHOST', true, undefined],
    ['app.localhost', true, undefined],
    ['127.0.0.1', false, undefined],
    ['127.9.9.9', true, undefined],
    ['::1', true, undefined],
    ['notlocalhost', true, 'secure.example'],
    ['localhost.example', true, 'secure.example'],
  ])('%s (TLS: %s) is %s', (host, isTls, expected) => {
    useProxies(proxySettings(VARIABLES));
    expect(via(host, isTls)).toBe(expected);
  });

  it('is none unless one is set, and none for the other scheme', () => {
    expect(via('api.example')).toBeUndefined();
    useProxies(proxySettings({ http_proxy: 'http://plain.example:8080' }));
    expect(via('api.example')).toBeUndefined();
    expect(via('api.example', false)).toBe('plain.example');
  });
});

describe("a proxy's URL", () => {
  it.each([
    ['http://proxy.example:3128', { host: 'proxy.example', port: 3128, isTls: false }],
    ['proxy.example:3128', { host: 'proxy.example', port: 3128, isTls: false }],
    ['http://proxy.example', { host: 'proxy.example', port: 80, isTls: false }],
    ['https://proxy.example/', { host: 'proxy.example', port: 443, isTls: true }],
    ['http://[2001:db8::1]:3128', { host: '2001:db8::1', port: 3128, isTls: false }],
    [
      'http://aidr:p%40ss%3Aw%C3%B6rd@proxy.example:3128',
      {
        ...{ host: 'proxy.example', port: 3128, isTls: false },
        authorization: `Basic ${Buffer.from('aidr:p@ss:wörd').toString('base64')}`,
      },
    ],
    [
      'http://aidr@proxy.example:3128',
      { host: 'proxy.example', port: 3128, isTls: false, authorization: 'Basic YWlkcjo=' },
    ],
  ])('%s is understood', (url, proxy) => {
    expect(proxySettings({ https_proxy: url }).https).toEqual(proxy);
    expect(hasCredentials(url)).toBe('authorization' in proxy);
  });

  it.each([
    ['socks5://s3cret@proxy.example:1080', 'only proxies with http:// and https:// are supported'],
    ['http://u:s3cret@', 'must be a URL such as'],
    ['http://u:s3cret@proxy.example/path', 'must be a scheme, a host and a port only'],
    ['http://u:s3cret%zz@proxy.example', 'user and password must be percent-encoded'],
  ])('%s is refused, and its password is not told', (url, problem) => {
    expect(() => proxySettings({ https_proxy: url })).toThrow(ProxyError);
    expect(() => proxySettings({ https_proxy: url })).toThrow(`https_proxy: ${problem}`);
    expect(() => proxySettings({ https_proxy: url })).not.toThrow('s3cret');
  });
});

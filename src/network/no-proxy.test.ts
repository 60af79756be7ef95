import { describe, expect, it } from 'vitest';
import { NoProxyError, parseNoProxy } from './no-proxy.ts';

const isDirect = (list: string, host: string, port = 443) => parseNoProxy(list)({ host, port });

describe('no_proxy', () => {
  it.each<[string, string, number?]>([
    ['*', 'api.example'],
    ['*:8443', 'api.example', 8443],
    ['api.example', 'api.example'],
    ['API.Example', 'api.EXAMPLE'],
    ['api.example.', 'api.example'],
    ['api.example', 'api.example.'],
    ['example', 'api.example'],
    ['.example', 'api.example'],
    ['.api.example', 'api.example'],
    ['*.example', 'api.example'],
    ['a.test, b.test  c.test', 'c.test'],
    [',, b.test,', 'b.test'],
    ['api.example:8443', 'api.example', 8443],
    ['10.1.2.3', '10.1.2.3'],
    ['10.1.2.3:8443', '10.1.2.3', 8443],
    ['10.0.0.0/8', '10.255.0.1'],
    ['10.0.0.0/8:443', '10.255.0.1'],
    ['0.0.0.0/0', '203.0.113.9'],
    ['10.0.0.0/8', '::ffff:10.1.2.3'],
    ['2001:db8::1', '2001:db8:0:0::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:8443', '2001:db8::1', 8443],
    ['2001:db8::/32', '2001:db8:ffff::1'],
    ['[2001:db8::/32]:443', '2001:db8:ffff::1'],
  ])('%s holds for %s', (list, host, port) => {
    expect(isDirect(list, host, port)).toBe(true);
  });

  it.each<[string, string, number?]>([
    ['', 'api.example'],
    ['*:8443', 'api.example'],
    ['api.example', 'example'],
    ['api.example', 'xapi.example'],
    ['pi.example', 'api.example'],
    ['*.api.example', 'api.example'],
    ['api.example:8443', 'api.example', 443],
    ['api.example:80', 'api.example', 8080],
    ['10.1.2.3', '10.1.2.30'],
    ['10.0.0.0/8', '11.0.0.1'],
    ['10.0.0.0/8', '10.0.0.1.nip.example'],
    ['10.0.0.0/8', '2001:db8::1'],
    ['2001:db8::/32', '2001:db9::1'],
    ['[2001:db8::1]:8443', '2001:db8::1', 443],
    ['0', '10.0.0.0'],
  ])('%s does not hold for %s', (list, host, port) => {
    expect(isDirect(list, host, port)).toBe(false);
  });

  it.each([
    ['10.0.0.0/33'],
    ['10.0.0/8'],
    ['10.0.0.0/'],
    ['2001:db8::/129'],
    ['http://proxy.example'],
    ['api.example:0'],
    ['api.example:65536'],
    ['[2001:db8::1]8443'],
    ['api.*'],
    ['*.'],
  ])('%s is refused', (list) => {
    expect(() => parseNoProxy(list)).toThrow(NoProxyError);
    expect(() => parseNoProxy(`a.test,${list}`)).toThrow(
      `no_proxy: ${list} is no host, domain, address or network`,
    );
  });
});

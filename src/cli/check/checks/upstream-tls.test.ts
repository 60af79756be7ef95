import { describe, expect, it } from 'vitest';
import { aidr, GUARD, reportOf } from '../../../../testkit/check-configurations.ts';
import { readKongConf, settingsOf } from '../settings.ts';

const OPENAI = 'https://api.openai.com';
const PLUGINS = [aidr('request'), aidr('response'), GUARD];
const LIVE = [aidr('request'), aidr('response', { response_mode: 'live' }), GUARD];
const AI_PROXY = {
  name: 'ai-proxy',
  config: { route_type: 'preserve', model: { provider: 'openai' } },
};

interface Service {
  name?: string;
  plugins?: object[];
  [field: string]: unknown;
}

/** Findings of this check, of services with a route each. */
function findings(services: Service[], ...kongConf: string[]): string[] {
  const configuration = {
    services: services.map(({ name = 's', plugins = PLUGINS, ...fields }) => ({
      ...{ name, plugins, routes: [{ name: `${name}r` }] },
      ...fields,
    })),
  };
  const settings =
    kongConf.length > 0 ? settingsOf([readKongConf(kongConf.join('\n'), 'kong.conf')]) : undefined;
  return reportOf(configuration, settings).filter((finding) =>
    /certificate|relay cannot follow/.test(finding),
  );
}

describe('a provider whose certificate Kong verifies', () => {
  it.each<[string, Service[], string[]]>([
    ['by its service', [{ url: OPENAI, tls_verify: true }], []],
    ['by its service, written out', [{ protocol: 'https', host: 'x', port: 443, tls_verify: true }], []],
    ['by default', [{ url: OPENAI }], ['nginx_proxy_proxy_ssl_verify = on']],
    ['by default, for all of nginx', [{ url: OPENAI, tls_verify: null }], ['nginx_http_proxy_ssl_verify=on']],
    ['in all services', ['a', 'b'].map((name) => ({ name, url: OPENAI, tls_verify: true })), []],
    [
      'by default, behind ai-proxy',
      [{ url: 'http://localhost', plugins: [...PLUGINS, AI_PROXY] }],
      ['nginx_proxy_proxy_ssl_verify = on'],
    ],
  ])('is no finding: %s', (_name, services, kongConf) => {
    expect(findings(services, ...kongConf)).toEqual([]);
  });

  it.each<[string, Service]>([
    ['without TLS', { url: 'http://127.0.0.1:8080' }],
    ['that nobody guards', { url: OPENAI, plugins: [] }],
    ['of live mode', { url: OPENAI, plugins: LIVE }],
    ['of live mode, which the service verifies too', { url: OPENAI, plugins: LIVE, tls_verify: true }],
    [
      'behind ai-proxy, of whose Kong nothing is shown',
      { url: 'http://localhost', plugins: [...PLUGINS, AI_PROXY] },
    ],
  ])('is not asked for: %s', (_name, service) => {
    expect(findings([service])).toEqual([]);
  });
});

describe('a provider whose certificate nobody verifies', () => {
  const nobody = 'nobody verifies the certificate of the provider of services[s].routes[sr]';
  it.each<[string, Service, string[], string]>([
    ['as Kong is', { url: OPENAI }, [], `Kong verifies no certificate by itself: ${nobody} (nginx_proxy_`],
    [
      'as Kong is, with a service that is written out',
      { protocol: 'https', host: 'x' },
      [],
      `Kong verifies no certificate by itself: ${nobody} (nginx_proxy_`,
    ],
    [
      'as Kong is set',
      { url: OPENAI },
      ['nginx_proxy_proxy_ssl_verify = off'],
      `Kong verifies no certificate by itself: ${nobody}`,
    ],
    [
      'because its service says so',
      { url: OPENAI, tls_verify: false },
      ['nginx_proxy_proxy_ssl_verify = on'],
      `tls_verify is false: ${nobody}`,
    ],
    [
      'because its service says so, in live mode',
      { url: OPENAI, tls_verify: false, plugins: LIVE },
      [],
      `tls_verify is false: ${nobody} (take it out, and give the plugin server`,
    ],
  ])('is a warning: %s', (_name, service, kongConf, expected) => {
    expect(findings([service], ...kongConf)).toEqual([
      expect.stringContaining(`warning  services[s]: ${expected}`),
    ]);
  });

  it('is a warning where ai-proxy calls it, and Kong is shown not to verify it', () => {
    const service = { url: 'http://localhost', plugins: [...PLUGINS, AI_PROXY] };
    expect(findings([service], 'log_level = info')).toEqual([
      'warning  kong.conf nginx_proxy_proxy_ssl_verify: unless this is on, nobody verifies the certificate of the provider of services[s].plugins[ai-proxy] (set it to on)',
    ]);
  });

  it('is a warning for another service of the same provider, whose connections Kong shares', () => {
    const services = [
      { name: 'a', url: `${OPENAI}/v1`, tls_verify: true },
      { name: 'b', protocol: 'https', host: 'API.openai.com', port: 443, plugins: [] },
      { name: 'c', url: 'https://api.openai.com:8443', plugins: [] },
    ];
    expect(findings(services)).toEqual([
      'warning  services[a]: Kong may use connections of services[b], which does not verify the certificate of the same provider (verify it in both)',
    ]);
  });
});

describe('what live mode cannot follow', () => {
  it.each<[string, Service, string[]]>([
    ['a client certificate', { client_certificate: 'c' }, ['client_certificate']],
    [
      'a client certificate of an unverified one',
      { client_certificate: 'c', tls_verify: false },
      ['client_certificate'],
    ],
    [
      'authorities and depth',
      { ca_certificates: ['a'], tls_verify_depth: 2 },
      ['ca_certificates', 'tls_verify_depth'],
    ],
    ['authorities that have no effect', { ca_certificates: ['a'], tls_verify: false }, []],
    ['nothing', { ca_certificates: null }, []],
  ])('is a warning: %s', (_name, fields, names) => {
    const found = findings([{ url: OPENAI, plugins: LIVE, ...fields }]).filter((one) =>
      one.includes('follow'),
    );
    expect(found).toEqual(
      names.map((name) =>
        expect.stringContaining(
          `warning  services[s]: the relay cannot follow ${name}: every request of services[s].routes[sr] gets 500 (`,
        ),
      ),
    );
  });
});

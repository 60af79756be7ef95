import { describe, expect, it } from 'vitest';
import { KongRequest } from '../../src/kong/kong-request.ts';
import type { Pdk } from '../../src/kong/pdk.ts';
import { NotRelayable, upstreamOf } from './upstream.ts';

interface Known {
  service?: Record<string, unknown>;
  route?: Record<string, unknown>;
  /** What Kong will send as `Host`. */
  host?: string;
  isBesideAiProxy?: boolean;
  upstreamUrl?: string;
}

const OPENAI = { host: 'api.openai.com', port: 443, protocol: 'https' };

/** How the relay connects, and what Kong was asked for that. */
async function connect({ service, route, host, isBesideAiProxy = false, upstreamUrl }: Known) {
  const asked: string[] = [];
  const answering = (name: string, value: unknown) => async () => {
    asked.push(name);
    return value;
  };
  const variables: Record<string, unknown> = { upstream_host: host ?? '', upstream_scheme: 'https' };
  const kong = {
    router: {
      getService: answering('service', { ...OPENAI, ...service }),
      getRoute: answering('route', route),
    },
    nginx: { getVar: async (name: string) => variables[name] },
  };
  const upstream = await upstreamOf(new KongRequest(kong as unknown as Pdk), isBesideAiProxy, upstreamUrl);
  return { upstream, asked };
}

describe('the certificate of the provider', () => {
  it.each<[string, Known, boolean]>([
    ['where the service says nothing', {}, true],
    ['where it has no word for it', { service: { tls_verify: null } }, true],
    ['where it says so', { service: { tls_verify: true } }, true],
    ['for what is no boolean', { service: { tls_verify: 'false' } }, true],
    ['where the service says it is not', { service: { tls_verify: false } }, false],
    ['where upstream_url names the provider', { upstreamUrl: 'https://llm.example' }, true],
    ['where ai-proxy does', { host: 'api.anthropic.com', isBesideAiProxy: true }, true],
  ])('is verified, or is not, %s', async (_name, known, isVerified) => {
    expect((await connect(known)).upstream.verifyTls).toBe(isVerified);
  });

  const KEEPING = { preserve_host: true };
  it.each<[string, Known, string, string]>([
    ['the host of the service', {}, 'api.openai.com', 'api.openai.com'],
    [
      'the host that a plugin of the operator has set',
      { host: 'eu.api.openai.com:443', route: { preserve_host: false } },
      'eu.api.openai.com',
      'eu.api.openai.com:443',
    ],
    [
      'the host of the service, whatever host the client asks for',
      { host: 'impostor.example', route: KEEPING },
      'api.openai.com',
      'impostor.example',
    ],
    [
      'the provider of ai-proxy, whatever the client asks for',
      { host: 'api.anthropic.com', route: KEEPING, isBesideAiProxy: true },
      'api.anthropic.com',
      'api.anthropic.com',
    ],
    [
      'who is named in upstream_url, whatever host the client asks for',
      { host: 'impostor.example', route: KEEPING, upstreamUrl: 'https://llm.example:8443' },
      'llm.example',
      'impostor.example',
    ],
    [
      'an address, where the service has one',
      { service: { host: '10.0.0.5', port: 8443 } },
      '10.0.0.5',
      '10.0.0.5:8443',
    ],
  ])('has to name %s', async (_name, known, serverName, hostHeader) => {
    expect((await connect(known)).upstream).toMatchObject({ serverName, hostHeader });
  });

  it('costs no question about the route where nothing is unusual', async () => {
    expect((await connect({})).asked).toEqual(['service']);
    expect((await connect({ host: 'api.openai.com', route: KEEPING })).asked).toEqual(['service']);
    expect((await connect({ host: 'x.example', service: { protocol: 'http' } })).asked).toEqual(['service']);
  });
});

describe('what a service says of TLS that live mode cannot follow', () => {
  it.each([
    ['client_certificate', { client_certificate: { id: 'c' } }],
    ['client_certificate', { client_certificate: { id: 'c' }, tls_verify: false }],
    ['ca_certificates', { ca_certificates: ['a'] }],
    ['ca_certificates', { ca_certificates: [], tls_verify: true }],
    ['tls_verify_depth', { tls_verify_depth: 0 }],
  ])('is refused: %s %j', async (field, service) => {
    const refused = connect({ service });
    await expect(refused).rejects.toBeInstanceOf(NotRelayable);
    await expect(refused).rejects.toThrow(`response_mode live cannot follow ${field} of the Kong service`);
  });

  it.each([
    ['is not set', { client_certificate: null, ca_certificates: null, tls_verify_depth: null }],
    ['has no effect', { ca_certificates: ['a'], tls_verify_depth: 1, tls_verify: false }],
  ])('is nothing where it %s', async (_name, service) => {
    expect((await connect({ service })).upstream.host).toBe('api.openai.com');
  });
});

import { describe, expect, it } from 'vitest';
import type { RelayFacts } from '../../src/kong/send-to-relay.ts';
import type { Upstream } from '../../src/live/upstream.ts';
import { NotRelayable, upstreamOf } from './upstream.ts';

interface Known {
  service?: Record<string, unknown>;
  route?: Record<string, unknown>;
  /** What Kong will send as `Host`. */
  host?: string;
  isBesideAiProxy?: boolean;
  target?: RelayFacts['target'];
  upstreamUrl?: string;
  internalRoute?: string;
}

const OPENAI = { host: 'api.openai.com', port: 443, protocol: 'https' };

/** How the relay connects. With the batch hook Kong also tells where it would have gone. */
function connect({
  service,
  route,
  host,
  target = {},
  isBesideAiProxy = false,
  upstreamUrl,
  internalRoute,
}: Known): Upstream {
  const facts: RelayFacts = {
    ...{ path: '/', consumer: undefined, credentialId: undefined, groups: undefined, forwardedIp: undefined },
    ...{
      route: undefined,
      requestId: undefined,
      promptMarker: undefined,
      earlierTicket: undefined,
      otherRelay: undefined,
    },
    ...{ headers: { get: () => undefined, names: [], count: 0 }, isMoved: false, isBesideAiProxy },
    isOnInternalRoute: false,
    service: { ...OPENAI, ...service },
    keepsClientHost: route?.preserve_host === true,
    target: { scheme: 'https', ...target },
    hostHeader: host,
  };
  return upstreamOf(facts, { upstream_url: upstreamUrl, internal_route_url: internalRoute });
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
  ])('is verified, or is not, %s', (_name, known, isVerified) => {
    expect(connect(known).verifyTls).toBe(isVerified);
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
    [
      'an IPv6 address, where the service has one',
      { service: { host: '[2001:db8::1]', port: 8443 } },
      '2001:db8::1',
      '[2001:db8::1]:8443',
    ],
    [
      'an IPv6 address, where upstream_url has one',
      { upstreamUrl: 'https://[2001:db8::1]' },
      '2001:db8::1',
      '[2001:db8::1]',
    ],
  ])('has to name %s', (_name, known, serverName, hostHeader) => {
    expect(connect(known)).toMatchObject({ serverName, hostHeader });
  });
});

describe('the address of the provider', () => {
  it.each<[string, Known, Partial<Upstream>]>([
    ["the service's", {}, { scheme: 'https', host: 'api.openai.com', port: 443 }],
    [
      "ai-proxy's, which is known as `Host` alone without the batch hook",
      { host: 'api.anthropic.com', isBesideAiProxy: true },
      { scheme: 'https', host: 'api.anthropic.com', port: 443 },
    ],
    [
      'where Kong would have gone, with the batch hook',
      {
        host: 'llm.internal',
        isBesideAiProxy: true,
        target: { scheme: 'http', host: 'llm.internal', port: 8000 },
      },
      { scheme: 'http', host: 'llm.internal', port: 8000 },
    ],
    [
      'what upstream_url names, whatever Kong says',
      { target: { host: 'llm.internal', port: 8000 }, upstreamUrl: 'https://llm.example:8443' },
      { scheme: 'https', host: 'llm.example', port: 8443 },
    ],
    [
      'an IPv6 address without its brackets, wherever it is from',
      { target: { scheme: 'http', host: '[::1]', port: 8000 } },
      { scheme: 'http', host: '::1', port: 8000 },
    ],
  ])('is %s', (_name, known, address) => {
    expect(connect(known)).toMatchObject(address);
  });

  it.each<[string, Known]>([
    ['there is no service', { service: { host: undefined } }],
    ['the protocol is another one', { service: { protocol: 'grpcs' } }],
  ])('is not known where %s', (_name, known) => {
    expect(() => connect(known)).toThrow(NotRelayable);
  });
});

describe('what a service says of TLS that the relay cannot follow', () => {
  it.each([
    ['client_certificate', { client_certificate: { id: 'c' } }],
    ['client_certificate', { client_certificate: { id: 'c' }, tls_verify: false }],
    ['ca_certificates', { ca_certificates: ['a'] }],
    ['ca_certificates', { ca_certificates: [], tls_verify: true }],
    ['tls_verify_depth', { tls_verify_depth: 0 }],
  ])('is refused: %s %j', (field, service) => {
    expect(() => connect({ service })).toThrow(NotRelayable);
    expect(() => connect({ service })).toThrow(`the relay cannot follow ${field} of the Kong service`);
  });

  it.each([
    ['is not set', { client_certificate: null, ca_certificates: null, tls_verify_depth: null }],
    ['has no effect', { ca_certificates: ['a'], tls_verify_depth: 1, tls_verify: false }],
  ])('is nothing where it %s', (_name, service) => {
    expect(connect({ service }).host).toBe('api.openai.com');
  });
});

describe('an internal route', () => {
  const internalRoute = 'http://127.0.0.1:8000/internal/chat';

  it('is the upstream, whatever Kong says, and Host names itself', () => {
    const known = {
      host: 'impostor.example',
      route: { preserve_host: true },
      upstreamUrl: 'https://llm.example',
    };
    expect(connect({ ...known, internalRoute })).toMatchObject({
      ...{ scheme: 'http', host: '127.0.0.1', port: 8000, hostHeader: '127.0.0.1:8000' },
      internalRoute: '/internal/chat',
    });
  });

  it('needs nothing of a service that the relay cannot follow, but its times', () => {
    const service = {
      client_certificate: { id: 'c' },
      ca_certificates: ['a'],
      tls_verify_depth: 0,
      read_timeout: 5,
    };
    expect(connect({ service, internalRoute })).toMatchObject({ readTimeout: 5 });
  });
});

import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { check } from '../index.ts';

const aidrPlugin = (name: string, changes: object = {}) => ({
  apiVersion: 'configuration.konghq.com/v1',
  kind: 'KongPlugin',
  metadata: { name },
  plugin: `crowdstrike-aidr-${name}`,
  config: {
    ai_guard_api_key: '{vault://env/token}',
    upstream_llm: { provider: 'openai', api_uri: 'auto' },
  },
  ...changes,
});
const service = (plugins: string) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'llm', annotations: { 'konghq.com/plugins': plugins } },
  spec: { type: 'ExternalName', externalName: 'api.openai.com' },
});
const backend = { service: { name: 'llm', port: { number: 443 } } };
const ingress = (spec: object, annotations: object = {}) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: 'llm', annotations },
  spec,
});
const paths = (...names: string[]) => ({
  rules: [{ http: { paths: names.map((path) => ({ path, backend })) } }],
});

/** Each row of the table of coverage, by the name of the route. */
function coverage(...manifests: object[]): Record<string, string> {
  const text = manifests.map((one) => stringify(one)).join('---\n');
  const rows = check([{ file: 'k', text }]).coverage;
  return Object.fromEntries(
    rows.map(({ place, request, response }) => [place.path, `${request} ${response}`]),
  );
}

describe('manifests', () => {
  it('scope plugins by the annotation of a Service', () => {
    expect(
      coverage(
        aidrPlugin('request'),
        aidrPlugin('response'),
        service('request, response'),
        ingress(paths('/a', '/b')),
      ),
    ).toEqual({ 'Ingress[llm] /a': 'yes yes', 'Ingress[llm] /b': 'yes yes' });
  });

  it('scope plugins by the annotation of an Ingress, and none by that of another one', () => {
    const other = { ...ingress(paths('/b')), metadata: { name: 'other' } };
    const annotated = ingress(paths('/a'), { 'konghq.com/plugins': 'request' });
    expect(
      coverage(aidrPlugin('request'), aidrPlugin('response'), service('response'), annotated, other),
    ).toEqual({ 'Ingress[llm] /a': 'yes yes', 'Ingress[other] /b': 'unprotected yes' });
  });

  it('may have a default backend only', () => {
    expect(coverage(aidrPlugin('request'), service('request'), ingress({ defaultBackend: backend }))).toEqual(
      { 'Ingress[llm]': 'yes unprotected' },
    );
  });

  it('apply a global plugin to everything, and another cluster plugin to nothing that does not name it', () => {
    const cluster = (name: string, labels: object) =>
      aidrPlugin(name, {
        kind: 'KongClusterPlugin',
        metadata: { name, labels, annotations: { 'kubernetes.io/ingress.class': 'kong' } },
      });
    expect(
      coverage(
        cluster('request', { global: 'true' }),
        cluster('response', {}),
        service(''),
        ingress(paths('/a')),
      ),
    ).toEqual({ 'Ingress[llm] /a': 'yes unprotected' });
  });

  it('leave out what is disabled', () => {
    const disabled = aidrPlugin('request', { disabled: true });
    expect(coverage(disabled, service('request'), ingress(paths('/a')))).toEqual({
      'Ingress[llm] /a': 'unprotected unprotected',
    });
  });

  it('name plugins of their own namespace only, unless they say another one', () => {
    const elsewhere = aidrPlugin('request', { metadata: { name: 'request', namespace: 'plugins' } });
    expect(coverage(elsewhere, service('request'), ingress(paths('/a')))).toEqual({
      'Ingress[llm] /a': 'unprotected unprotected',
    });
    expect(coverage(elsewhere, service('plugins:request'), ingress(paths('/a')))).toEqual({
      'Ingress[llm] /a': 'yes unprotected',
    });
  });

  it('run a plugin of a consumer and a route where both meet', () => {
    const consumer = {
      apiVersion: 'configuration.konghq.com/v1',
      kind: 'KongConsumer',
      metadata: {
        name: 'alice',
        annotations: { 'konghq.com/plugins': 'request', 'kubernetes.io/ingress.class': 'kong' },
      },
      username: 'alice',
    };
    expect(coverage(aidrPlugin('request'), service('request'), ingress(paths('/a')), consumer)).toEqual({
      'Ingress[llm] /a': 'unprotected unprotected',
      'Ingress[llm] /a for KongConsumer[alice]': 'yes unprotected',
    });
  });

  it.each([
    ['GRPCRoute', 'the messages of gRPC cannot be read: they are refused'],
    ['TLSRoute', 'plugins do not run on connections of tcp'],
    ['TCPRoute', 'plugins do not run on connections of tcp'],
  ])('of the kind %s are known for their protocol', (kind, problem) => {
    const route = {
      apiVersion: 'gateway.networking.k8s.io/v1',
      ...{ kind, metadata: { name: 'llm' } },
      spec: { rules: [{ backendRefs: [{ name: 'llm', port: 443 }] }] },
    };
    const text = [aidrPlugin('request'), service('request'), route]
      .map((one) => stringify(one))
      .join('---\n');
    const { findings } = check([{ file: 'k', text }]);
    expect(findings.map((finding) => finding.problem)).toContainEqual(expect.stringContaining(problem));
  });

  it('of several files know each other', () => {
    const [plugins, routes] = [[aidrPlugin('request')], [service('request'), ingress(paths('/a'))]];
    const { coverage: rows } = check(
      [plugins, routes].map((manifests, index) => ({
        file: `${index}.yaml`,
        text: manifests.map((one) => stringify(one)).join('---\n'),
      })),
    );
    expect(rows.map(({ request }) => request)).toEqual(['yes']);
  });
});

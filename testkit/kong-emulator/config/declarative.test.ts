import { describe, expect, it } from 'vitest';
import { keyAuth } from '../plugins/key-auth.ts';
import { PluginConfig, unresolvedReferences } from '../plugins/plugin-config.ts';
import { postFunction } from '../plugins/serverless-functions.ts';
import { loadConfiguration } from './declarative.ts';
import { checkPluginSchema } from './metaschema.ts';
import type { Configuration } from './model.ts';

const tap = checkPluginSchema('tap', {
  name: 'tap',
  fields: [
    {
      config: {
        type: 'record',
        fields: [
          { key: { type: 'string', required: true, referenceable: true } },
          { label: { type: 'string' } },
          { keys: { type: 'array', elements: { type: 'string', referenceable: true } } },
          { extra: { type: 'map', keys: { type: 'string' }, values: { type: 'string' } } },
          { upstream: { type: 'record', fields: [{ mode: { type: 'string', default: 'auto' } }] } },
        ],
      },
    },
  ],
});

const ENV = { TOKEN: 'secret', CS_AIDR_TOKEN: 'prefixed', BUNDLE: '{"a":"one"}' };

function load(text: string): Configuration {
  const plugins = new Map([
    ['tap', tap],
    ['key-auth', keyAuth.schema],
    ['post-function', postFunction.schema],
  ]);
  return loadConfiguration(text.startsWith('_') ? text : `_format_version: "3.0"\n${text}`, {
    plugins,
    env: ENV,
  });
}

describe('a declarative configuration', () => {
  it.each([
    ['no version', '_comment: x', "in '_format_version': required field missing"],
    ['another version', '_format_version: "1.1"', 'reads version 3.0, not 1.1'],
    ['no YAML', 'a: [', 'failed parsing declarative configuration'],
    ['an unknown kind', 'things: []', "in 'things': unknown field"],
    [
      'a kind that is not here',
      'snis: [{ name: x }]',
      "in 'snis': the embedded gateway does not support 'snis'",
    ],
    [
      'a service without a host',
      'services: [{ name: x }]',
      "in 'services':\n  - in entry 1 of 'services':\n    in 'host': required field missing",
    ],
    ['an unknown field', 'services: [{ url: "http://x", nmae: x }]', "in 'nmae': unknown field"],
    [
      'a field that is not here',
      'routes: [{ paths: [/x], snis: [x] }]',
      "in 'snis': the embedded gateway does not support",
    ],
    [
      'TLS where there is none',
      'services: [{ url: "http://x", tls_verify: false }]',
      "failed conditional validation given value of field 'protocol'",
    ],
    ['a bad path', 'routes: [{ paths: [x] }]', 'should start with: / (fixed path) or ~/ (regex path)'],
    ['a bad regex', 'routes: [{ paths: ["~/("] }]', 'invalid regex'],
    [
      'a route that matches nothing',
      'routes: [{ name: x }]',
      "must set one of 'methods', 'hosts', 'headers', 'paths' when 'protocols' is 'https'",
    ],
    ['path_handling v1', 'routes: [{ paths: [/], path_handling: v1 }]', "knows only path_handling 'v0'"],
    ['unbuffered requests', 'routes: [{ paths: [/], request_buffering: false }]', 'buffers every request'],
    ['gRPC', 'services: [{ host: x, protocol: grpc }]', 'expected one of: http, https'],
    ['an unknown plugin', 'plugins: [{ name: rate-limiting }]', "plugin 'rate-limiting' not enabled"],
    [
      'a missing plugin field',
      'plugins: [{ name: tap }]',
      "in 'config':\n      in 'key': required field missing",
    ],
    [
      'an unknown plugin field',
      'plugins: [{ name: tap, config: { key: x, kye: y } }]',
      "in 'kye': unknown field",
    ],
    [
      'a reference to nothing',
      'routes: [{ paths: [/], service: x }]',
      "invalid reference 'service: x' (no such entry in 'services')",
    ],
    [
      'two services of a name',
      'services: [{ name: a, host: x }, { name: a, host: y }]',
      "uniqueness violation: 'services' entity with name set to 'a'",
    ],
    [
      'a plugin twice',
      'plugins: [{ name: tap, config: { key: x } }, { name: tap, config: { key: y } }]',
      "uniqueness violation: 'plugins'",
    ],
    [
      'key-auth on a consumer',
      'consumers: [{ username: a, plugins: [{ name: key-auth }] }]',
      "in 'consumer': value must be null",
    ],
    [
      'anonymous',
      'plugins: [{ name: key-auth, config: { anonymous: x } }]',
      'does not support anonymous consumers',
    ],
    [
      'Lua of a newer version',
      'plugins: [{ name: post-function, config: { access: ["return 1 // 2"] } }]',
      "error parsing post-function: [1:10] <expression> expected near '/'",
    ],
    [
      'Lua with a name that the gateway does not have',
      'plugins: [{ name: post-function, config: { log: ["\\nlocal x = kong.cache"] } }]',
      "error parsing post-function: [2] the embedded gateway's Lua does not have kong.cache",
    ],
    [
      'Lua for a phase that the gateway does not run',
      'plugins: [{ name: post-function, config: { rewrite: ["return"] } }]',
      "the embedded gateway does not run the phase 'rewrite'",
    ],
    [
      'post-function without a function',
      'plugins: [{ name: post-function }]',
      'at least one of these fields must be non-empty',
    ],
    [
      'another vault',
      'vaults: [{ name: aws, prefix: my-aws }]',
      "the embedded gateway has only the vault 'env'",
    ],
  ])('is refused for %s', (_, text, expected) => {
    expect(() => load(text)).toThrow(expected);
  });

  it('gives entities the ids that Kong gives them', () => {
    const { services, routes, plugins, consumers } = load(`
services:
  - name: openai-service
    url: https://api.openai.com/v1
    routes: [{ name: openai-route, paths: [/openai], plugins: [{ name: tap, config: { key: x } }] }]
consumers: [{ username: alice }]`);
    expect(services[0]).toMatchObject({
      id: 'c7c52ea9-d07c-5e42-95d3-19e66f293773',
      host: 'api.openai.com',
      port: 443,
      path: '/v1',
    });
    expect(routes[0]).toMatchObject({
      id: '5d43440e-3ba0-5d96-b507-97ddd392e245',
      service: { id: services[0]?.id },
    });
    expect(plugins[0]).toMatchObject({ id: '22601076-36f4-57a0-b478-f854082fcff6', routeId: routes[0]?.id });
    expect(consumers[0]?.id).toBe('b32379d9-3d28-5683-a79c-72139be6e34f');
  });

  it('connects top-level entities by name', () => {
    const { plugins, routes, services, consumers, credentials } = load(`
services: [{ name: s, host: example.com }]
routes: [{ name: r, paths: [/], service: s }]
consumers: [{ username: c }]
keyauth_credentials: [{ consumer: c, key: k }]
plugins: [{ name: tap, config: { key: x }, service: s, route: r, consumer: c, tags: [a], enabled: false }]`);
    expect(plugins[0]).toMatchObject({
      enabled: false,
      serviceId: services[0]?.id,
      routeId: routes[0]?.id,
      consumerId: consumers[0]?.id,
    });
    expect(credentials[0]?.consumer.id).toBe(consumers[0]?.id);
  });
});

describe('vault references', () => {
  const valuesOf = (config: string): unknown => {
    const configuration = load(`
vaults: [{ name: env, prefix: env-cs-aidr, config: { prefix: CS_AIDR_ } }]
plugins: [{ name: tap, config: ${config} }]`);
    const [entity] = configuration.plugins;
    if (entity === undefined) throw new Error('no plugin');
    return [
      new PluginConfig(entity, 1, configuration.vaults).values(),
      unresolvedReferences(configuration).map(({ error }) => error),
    ];
  };
  const upstream = { mode: 'auto' };
  const notFound = 'could not get value from external vault (no value found)';

  it.each<[string, unknown, string[]]>([
    [
      '{ key: "{vault://env/token}" }',
      { key: 'secret', upstream, $refs: { key: '{vault://env/token}' } },
      [],
    ],
    [
      '{ key: "{vault://env-cs-aidr/token}" }',
      { key: 'prefixed', upstream, $refs: { key: '{vault://env-cs-aidr/token}' } },
      [],
    ],
    [
      '{ key: "{vault://env/bundle/a}" }',
      { key: 'one', upstream, $refs: { key: '{vault://env/bundle/a}' } },
      [],
    ],
    [
      '{ key: "{vault://env/no-ne}" }',
      { key: '', upstream, $refs: { key: '{vault://env/no-ne}' } },
      [notFound],
    ],
    [
      '{ key: "{vault://nope/x}" }',
      { key: '', upstream, $refs: { key: '{vault://nope/x}' } },
      ['could not find vault (nope)'],
    ],
    [
      '{ key: "{vault://env/bundle/b}" }',
      { key: '', upstream, $refs: { key: '{vault://env/bundle/b}' } },
      [
        'could not get value from external vault (could not get subfield value: subfield b not found in JSON secret)',
      ],
    ],
    ['{ key: x, label: "{vault://env/token}" }', { key: 'x', label: '{vault://env/token}', upstream }, []],
    [
      '{ key: x, keys: [plain, "{vault://env/token}"] }',
      { key: 'x', keys: ['plain', 'secret'], upstream, $refs: { keys: [null, '{vault://env/token}'] } },
      [],
    ],
    ['{ key: x, extra: {} }', { key: 'x', extra: {}, upstream }, []],
  ])('%s', (config, values, errors) => {
    expect(valuesOf(config)).toEqual([values, errors]);
  });
});

import { describe, expect, it } from 'vitest';
import { readConfigurations } from './index.ts';

function readConfiguration(text: string, file: string) {
  const { configurations, problems } = readConfigurations([{ file, text }]);
  const all = [...problems, ...configurations.flatMap((one) => one.problems)];
  return { plugins: configurations.flatMap(({ plugins }) => plugins), problems: all };
}
const read = (text: string) => readConfiguration(`_format_version: "3.0"\n${text}`, 'kong.yaml');

describe('a declarative configuration', () => {
  it('has plugins wherever Kong allows them, each scoped by where it stands and by what it names', () => {
    const { plugins, problems } = read(`
services:
  - name: s
    plugins: [{ name: on-service }]
    routes:
      - name: r
        plugins: [{ name: on-route }]
routes:
  - name: alone
    service: s
    plugins: [{ name: on-lone-route, consumer: c }]
consumers:
  - username: c
    plugins: [{ name: on-consumer, route: { name: r } }]
consumer_groups:
  - name: g
    plugins: [{ name: on-group }]
plugins:
  - { name: everywhere }
  - { name: by-reference, route: r, service: s }
`);
    expect(problems).toEqual([]);
    const scopes = plugins.map(({ name, place, scope }) => [
      name,
      place.path,
      Object.fromEntries(Object.entries(scope).map(([key, entity]) => [key, entity?.place.path])),
    ]);
    expect(scopes).toEqual([
      ['on-service', 'services[s].plugins[on-service]', { service: 'services[s]' }],
      ['on-route', 'services[s].routes[r].plugins[on-route]', { route: 'services[s].routes[r]' }],
      [
        'on-lone-route',
        'routes[alone].plugins[on-lone-route]',
        { route: 'routes[alone]', consumer: 'consumers[c]' },
      ],
      [
        'on-consumer',
        'consumers[c].plugins[on-consumer]',
        { route: 'services[s].routes[r]', consumer: 'consumers[c]' },
      ],
      ['on-group', 'consumer_groups[g].plugins[on-group]', { consumer_group: 'consumer_groups[g]' }],
      ['everywhere', 'plugins[everywhere]', {}],
      ['by-reference', 'plugins[by-reference]', { route: 'services[s].routes[r]', service: 'services[s]' }],
    ]);
  });

  it('may be JSON, and may use anchors, merge keys and YAML 1.1 booleans as Kong reads them', () => {
    expect(
      readConfiguration(
        '{"_format_version": "3.0", "plugins": [{"name": "x", "config": {"a": 1}}]}',
        'k.json',
      ).plugins,
    ).toMatchObject([{ name: 'x', config: { a: 1 } }]);
    const { plugins, problems } = read(`
_base: &base { ssl_verify: off, model_version: 2024-05-13 }
plugins:
  - name: x
    config: { <<: *base, app_id: a }
`);
    expect(problems).toEqual([]);
    expect(plugins[0]?.config).toEqual({ ssl_verify: false, model_version: '2024-05-13', app_id: 'a' });
  });

  it('tells entries without a name of their own apart by number', () => {
    const { plugins } = read(`
services: [{ url: "http://a" , plugins: [{ name: x }] }, { name: s }, { name: t }]
plugins: [{ name: x, service: s }, { name: x, service: t }, { name: y }]
`);
    expect(plugins.map(({ place }) => String(place))).toEqual([
      'kong.yaml services[#1].plugins[x]',
      'kong.yaml plugins[x #1]',
      'kong.yaml plugins[x #2]',
      'kong.yaml plugins[y]',
    ]);
  });

  it.each([
    ['nothing', '', 'this is no configuration: expected a map of entities'],
    ['a list', '- a', 'this is no configuration: expected a map of entities'],
    ['text without YAML', 'a: [b', 'is not valid YAML'],
    ['two documents', 'plugins: []\n---\nb: 2', 'this is a second document'],
    ['a key twice, of which Kong takes the last', 'plugins: []\nplugins: []', 'DUPLICATE_KEY'],
    ['an alias that points nowhere', 'a: *b', 'this is no configuration: expected a map of entities'],
    ['aliases that multiply without end', bomb(), 'this is no configuration: expected a map of entities'],
    ['no format', 'plugins: []', '_format_version is not the text "3.0"'],
    ['a format that is a number', '_format_version: 3.0', '_format_version is not the text "3.0"'],
    ['an old format', '_format_version: "2.1"', '_format_version is not the text "3.0"'],
  ])('%s is refused', (_name, text, problem) => {
    const [first] = readConfiguration(text, 'kong.yaml').problems;
    expect(first).toMatchObject({ level: 'error', problem: expect.stringContaining(problem) });
  });

  it.each([
    ['services: {}', 'kong.yaml services: expected a list'],
    ['services: [text]', 'kong.yaml services[#1]: expected a map'],
    ['plugins: [{ config: {} }]', 'kong.yaml plugins[#1]: a plugin needs a name'],
    ['plugins: [{ name: x, config: [] }]', 'kong.yaml plugins[x]: config: expected a map'],
    ['plugins: [{ name: x, route: gone }]', 'kong.yaml plugins[x]: route: it names nothing that was read'],
    ['plugins: [{ name: x, service: 7 }]', 'kong.yaml plugins[x]: service: it names nothing that was read'],
    ['routes: [{ name: r, service: gone }]', 'kong.yaml routes[r]: service: it names nothing that was read'],
    ['plugins: [{ name: x }, { name: x }]', 'kong.yaml plugins[x #2]: this plugin is configured twice'],
    [
      'services: [{ name: s, plugins: [{ name: x }] }]\nplugins: [{ name: x, service: s }]',
      'kong.yaml plugins[x]: this plugin is configured twice',
    ],
  ])('with %j is refused where the mistake is', (text, expected) => {
    const { problems } = read(text);
    expect(problems).toHaveLength(1);
    expect(problems.map(({ place, problem }) => `${place}: ${problem}`)[0]).toContain(expected);
  });

  it('is never quoted: the line with a mistake can hold a secret', () => {
    const mistakes = [
      'key: "pts_secret',
      'key: pts_secret: x',
      '- pts_secret\nkey: 1',
      'a: *pts_secret',
      '\tpts_secret',
    ];
    for (const text of mistakes) {
      const { problems } = readConfiguration(text, 'kong.yaml');
      expect(problems).not.toEqual([]);
      expect(JSON.stringify(problems)).not.toContain('pts_secret');
    }
  });
});

function bomb(): string {
  const lines = Array.from(
    { length: 30 },
    (_, depth) => `a${depth + 1}: &a${depth + 1} [*a${depth}, *a${depth}]`,
  );
  return `a0: &a0 [x, x]\n${lines.join('\n')}\n`;
}

import { describe, expect, it } from 'vitest';
import { readConfigurations } from './read/index.ts';
import { trafficOf } from './traffic.ts';

/** Each kind of traffic, and the numbers of the plugins `x` on it, the most specific first. */
function run(text: string): Record<string, unknown[]> {
  const { configurations } = readConfigurations([{ file: 'k', text: `_format_version: "3.0"\n${text}` }]);
  expect(configurations.flatMap(({ problems }) => problems)).toEqual([]);
  const traffic = configurations.flatMap((configuration) => trafficOf(configuration, ['x']));
  return Object.fromEntries(
    traffic.map((one) => [one.place.path, one.candidates('x').map(({ config }) => config.n)]),
  );
}

describe('of one plugin on several levels', () => {
  it('the most specific runs, in the order of Kong', () => {
    const scopes = [
      'consumer: c, route: r, service: s',
      'consumer_group: g, route: r, service: s',
      'consumer: c, route: r',
      'consumer: c, service: s',
      'consumer_group: g, route: r',
      'consumer_group: g, service: s',
      'route: r, service: s',
      'consumer: c',
      'consumer_group: g',
      'route: r',
      'service: s',
    ];
    const entries = [...scopes.map((scope) => `, ${scope}`), ''];
    const plugins = entries.map((scope, n) => `  - { name: x, config: { n: ${n} }${scope} }`);
    expect(
      run(`
services: [{ name: s, routes: [{ name: r }] }]
consumers: [{ username: c }]
consumer_groups: [{ name: g }]
plugins:
${plugins.join('\n')}
`),
    ).toEqual({
      'services[s].routes[r]': [6, 9, 10, 11],
      'services[s].routes[r] for consumers[c]': [0, 2, 3, 6, 7, 9, 10, 11],
      'services[s].routes[r] for consumer_groups[g]': [1, 4, 5, 6, 8, 9, 10, 11],
    });
  });

  it('a disabled one does not count', () => {
    expect(
      run(`
services: [{ name: s, plugins: [{ name: x, config: { n: 1 } }], routes: [{ name: r, plugins: [{ name: x, enabled: false }] }] }]
`),
    ).toEqual({ 'services[s].routes[r]': [1] });
  });
});

describe('the traffic of a configuration', () => {
  it.each([
    ['no entity', 'plugins: [{ name: x, config: { n: 1 } }]', { plugins: [1] }],
    ['a service without routes', 'services: [{ name: s }]', { 'services[s]': [] }],
    ['a route without service', 'routes: [{ name: r }]', { 'routes[r]': [] }],
    [
      "a route at the top level with its service's plugin",
      'services: [{ name: s, plugins: [{ name: x, config: { n: 1 } }] }]\nroutes: [{ name: r, service: s }]',
      { 'routes[r]': [1] },
    ],
    [
      'consumers whose own plugins change nothing',
      'routes: [{ name: r }]\nconsumers: [{ username: c, plugins: [{ name: other }] }]',
      { 'routes[r]': [] },
    ],
  ])('with %s', (_name, text, expected) => {
    expect(run(text)).toEqual(expected);
  });
});

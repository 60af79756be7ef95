import { describe, expect, it } from 'vitest';
import type { PluginSchema } from '../config/metaschema.ts';
import { Vaults } from '../config/vault.ts';
import type { Exchange } from '../proxy/exchange.ts';
import type { PluginHandler } from './plugin.ts';
import { PluginConfig } from './plugin-config.ts';
import { PluginsIterator } from './plugins-iterator.ts';

const schema: PluginSchema = { name: 'tap', fields: [{ config: { type: 'record', fields: [] } }] };
const handler = (name: string, priority: number, rest: Partial<PluginHandler> = {}): PluginHandler => ({
  name,
  priority,
  version: '1.0.0',
  schema,
  access: () => undefined,
  ...rest,
});

/** A configuration in a scope written as letters: r, s and c for route, service and consumer. */
function config(scope: string, name = 'tap', enabled = true): PluginConfig {
  const entity = {
    id: scope,
    name,
    enabled,
    schema,
    config: {},
    ...(scope.includes('r') ? { routeId: 'r' } : {}),
    ...(scope.includes('s') ? { serviceId: 's' } : {}),
    ...(scope.includes('c') ? { consumerId: 'c' } : {}),
  };
  return new PluginConfig(entity, 1, new Vaults({}, []));
}

function exchange(scope: string): Exchange {
  const has = (letter: string): { id: string } | undefined =>
    scope.includes(letter) ? { id: letter } : undefined;
  const fields = {
    route: has('r'),
    service: has('s'),
    consumer: has('c'),
    collected: new Map(),
    ctx: new Map(),
  };
  return { ...fields, buffering: false } as unknown as Exchange;
}

const chosen = (iterator: PluginsIterator, x: Exchange): string[] =>
  [...iterator.collecting(x)].map(([, { entity }]) => entity.id);

describe('which configuration of a plugin applies', () => {
  it.each([
    ['rsc', ['rsc', 'rc', 'sc', 'rs', 'c', 'r', 's', ''], 'rsc'],
    ['rsc', ['rc', 'sc', 'rs', 'c', 'r', 's', ''], 'rc'],
    ['rsc', ['sc', 'rs', 'c', 'r', 's', ''], 'sc'],
    ['rsc', ['rs', 'c', 'r', 's', ''], 'rs'],
    ['rsc', ['c', 'r', 's', ''], 'c'],
    ['rsc', ['r', 's', ''], 'r'],
    ['rsc', ['s', ''], 's'],
    ['rsc', [''], ''],
    ['rs', ['rsc', 'rc', 'c', 's', ''], 's'],
    ['r', ['s', 'rs'], undefined],
  ])('for %s among %j it is %j', (scope, configured, expected) => {
    const iterator = new PluginsIterator(
      [handler('tap', 1)],
      configured.map((one) => config(one)),
    );
    expect(chosen(iterator, exchange(scope))).toEqual(expected === undefined ? [] : [expected]);
  });

  it('takes no disabled one, and then none at all', () => {
    const iterator = new PluginsIterator([handler('tap', 1)], [config('r', 'tap', false), config('s')]);
    expect(chosen(iterator, exchange('rs'))).toEqual(['s']);
  });

  it('does not look at the consumer where the schema forbids one', () => {
    const fields = [{ consumer: { type: 'foreign', eq: null } }, ...schema.fields];
    const iterator = new PluginsIterator(
      [handler('tap', 1, { schema: { name: 'tap', fields } })],
      [config('c'), config('')],
    );
    expect(chosen(iterator, exchange('rsc'))).toEqual(['']);
  });

  it('runs by priority, and by name backwards where that is equal', () => {
    const handlers = [handler('low', -1), handler('a', 5), handler('b', 5), handler('high', 9)];
    const iterator = new PluginsIterator(
      handlers,
      handlers.map(({ name }) => config(name === 'low' ? 'r' : '', name)),
    );
    expect([...iterator.collecting(exchange('r'))].map(([{ name }]) => name)).toEqual([
      'high',
      'b',
      'a',
      'low',
    ]);
  });

  it('switches buffering on for a response phase', () => {
    const x = exchange('r');
    const iterator = new PluginsIterator([handler('tap', 1, { response: () => undefined })], [config('')]);
    chosen(iterator, x);
    expect(x.ctx.get('buffered_proxying')).toBe(true);
    expect(iterator.collected(x, 'response')).toHaveLength(1);
    expect(iterator.collected(x, 'log')).toHaveLength(0);
  });

  it('gives the global ones to a request without a route', () => {
    const filter = handler('tap', 1, { header_filter: () => undefined });
    const iterator = new PluginsIterator([filter], [config('r'), config('')]);
    expect(iterator.collected(exchange(''), 'header_filter').map(([, { entity }]) => entity.id)).toEqual([
      '',
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import {
  aidr,
  both,
  GUARD,
  LENIENT_GUARD,
  OLDER_HEADER_FILTER,
  reportOf,
  service,
} from '../../../../testkit/check-configurations.ts';
import { guardPlugin } from '../../../kong/guard-plugin.ts';
import {
  GUARD_ACCESS_LUA,
  GUARD_BODY_FILTER_LUA,
  GUARD_HEADER_FILTER_LUA,
  GUARD_LOG_LUA,
} from '../../../kong/lua/lua-files.ts';

const plugins = [aidr('request'), aidr('response')];
const audit = { enforcing_strategy: 'audit' };
const other = { name: 'post-function', config: { access: ['kong.log("hi")'] } };
const without = (access: string, header_filter: string) => ({
  name: 'post-function',
  config: { access: [access], header_filter: [header_filter] },
});

describe('the guard', () => {
  it.each<[string, object]>([
    ['on the service', service([...plugins, GUARD])],
    ['on the route', service(plugins, { plugins: [GUARD] })],
    ['everywhere', { ...service(plugins), plugins: [GUARD] }],
    [
      'beside a function of a consumer, which Kong never runs',
      { ...service([...plugins, GUARD]), consumers: [{ username: 'c', plugins: [other] }] },
    ],
    ['beside functions of others', service([...plugins, { ...GUARD, config: bothFunctions() }])],
    ['of the request plugin alone', service([aidr('request'), { ...guardPlugin(['request'], false) }])],
    ['of the response plugin alone', service([aidr('response'), { ...guardPlugin(['response'], false) }])],
    [
      'that is lenient, on an audit route',
      service([aidr('request', audit), aidr('response', audit), LENIENT_GUARD]),
    ],
  ])('is accepted %s', (_name, configuration) => {
    expect(reportOf(configuration).filter((finding) => finding.includes('guard'))).toEqual([]);
  });

  it.each<[string, object, string, string]>([
    ['is missing', service(plugins), 'services[s].routes[r]', 'there is no guard'],
    [
      'is disabled',
      service([...plugins, { ...GUARD, enabled: false }]),
      'services[s].routes[r]',
      'there is no guard',
    ],
    [
      'is on a consumer, where Kong never runs it',
      { ...service(plugins), consumers: [{ username: 'c', plugins: [GUARD] }] },
      'services[s].routes[r]',
      'there is no guard',
    ],
    [
      'is on another service',
      { services: [...routed('a', plugins), ...routed('b', [...plugins, GUARD])] },
      'services[a].routes[a]',
      'there is no guard',
    ],
    [
      'is replaced on the route',
      service([...plugins, GUARD], { plugins: [other] }),
      'services[s].routes[r].plugins[post-function]',
      'it replaces the guard, services[s].plugins[post-function], on services[s].routes[r]',
    ],
    [
      'is replaced on the service',
      { ...service([...plugins, other]), plugins: [GUARD] },
      'services[s].plugins[post-function]',
      'it replaces the guard, k plugins[post-function], on services[s].routes[r]',
    ],
    [
      'is another function',
      service([...plugins, other]),
      'services[s].plugins[post-function]',
      'on services[s].routes[r] it is not a guard',
    ],
    [
      'is commented out',
      service([
        ...plugins,
        without(GUARD_ACCESS_LUA.replace(/^/gm, '-- '), `--[[${GUARD_HEADER_FILTER_LUA}]]`),
      ]),
      'services[s].plugins[post-function]',
      'it is not a guard',
    ],
    [
      'lacks the access half',
      service([...plugins, { ...guardPlugin(['response'], false) }]),
      'services[s].plugins[post-function]',
      'it does not look for the passed-marker of crowdstrike-aidr-request',
    ],
    [
      'lacks the answer half',
      service([...plugins, { ...guardPlugin(['request'], false) }]),
      'services[s].plugins[post-function]',
      'it does not look for the passed-marker of crowdstrike-aidr-response',
    ],
    [
      'has a half in the wrong phase',
      service([...plugins, without(GUARD_ACCESS_LUA + GUARD_HEADER_FILTER_LUA, '')]),
      'services[s].plugins[post-function]',
      'it does not look for the passed-marker of crowdstrike-aidr-response',
    ],
    [
      'lacks its own passed-marker',
      service([
        ...plugins,
        without(GUARD_ACCESS_LUA.replace(/^.*crowdstrike_aidr_guard.*$/m, ''), GUARD_HEADER_FILTER_LUA),
      ]),
      'services[s].plugins[post-function]',
      "it lacks the guard's own passed-marker",
    ],
    [
      'is of an earlier version',
      service([...plugins, without(GUARD_ACCESS_LUA, OLDER_HEADER_FILTER)]),
      'services[s].plugins[post-function]',
      'it is older than this version: what another plugin answers by itself passes uninspected',
    ],
    [
      'demands the passed-marker of a plugin that is not there',
      service([aidr('request'), GUARD]),
      'services[s].plugins[post-function]',
      'it refuses all answers of services[s].routes[r], where no crowdstrike-aidr-response marks them',
    ],
    [
      'demands marks where neither plugin is',
      { services: [...routed('a', [...plugins]), ...routed('b', [])], plugins: [GUARD] },
      'k plugins[post-function]',
      'it refuses all prompts of services[b].routes[b]',
    ],
    [
      "demands marks of callers without a consumer's plugins",
      { ...service([GUARD]), consumers: [{ username: 'c', plugins }] },
      'services[s].plugins[post-function]',
      'it refuses all prompts of services[s].routes[r], where',
    ],
    [
      'is lenient where the plugins are not',
      service([aidr('request'), aidr('response', audit), LENIENT_GUARD]),
      'services[s].plugins[post-function]',
      'it lets prompts pass uninspected that services[s].plugins[crowdstrike-aidr-request] would refuse',
    ],
  ])('that %s is said', (_name, configuration, place, problem) => {
    const findings = reportOf(configuration).filter((finding) => finding.includes(`  ${place}: `));
    expect(findings).toContainEqual(expect.stringContaining(problem));
    expect(findings).toContainEqual(expect.stringMatching(/ \(.+\)$/));
  });

  it.each<[string, string, Record<string, unknown>, 'provider' | 'plain' | 'stealth', string | undefined]>([
    ['that would give the product away', 'warning', { rejection_style: 'stealth' }, 'provider', 'stealth'],
    ['with fewer members', 'info', {}, 'plain', 'provider'],
    ['with more members', 'info', { rejection_style: 'plain' }, 'provider', 'plain'],
    ['of stealth', '', { rejection_style: 'stealth' }, 'stealth', undefined],
    ['of a completion, which a failure is not', '', { rejection_style: 'completion' }, 'provider', undefined],
  ])('whose refusals have a style %s is compared with the plugins', (_name, level, config, style, wanted) => {
    const guard = { ...guardPlugin(['request', 'response'], false, {}, style) };
    const findings = reportOf(service([aidr('request', config), aidr('response', config), guard]));
    expect(findings.filter((finding) => finding.includes('rejection-style'))).toEqual(
      wanted
        ? [
            `${level}  services[s].plugins[post-function]: its refusals have the style ${style}, and those of the plugins on services[s].routes[r] ${wanted} (use \`aidr-kong guard --rejection-style ${wanted}\`)`,
          ]
        : [],
    );
    expect(findings.filter((finding) => finding.includes('not the one of this version'))).toEqual([]);
  });

  it.each(['audit', 'enforce_but_ignore_on_error'])(
    'that refuses more than %s does is mentioned',
    (strategy) => {
      const findings = reportOf(both({ enforcing_strategy: strategy }));
      expect(findings.filter((finding) => finding.includes('aidr-kong guard --lenient'))).toHaveLength(2);
      expect(findings.filter((finding) => finding.startsWith('warning'))).toEqual([]);
    },
  );
});

function bothFunctions() {
  return {
    access: ['kong.log("hi")', GUARD_ACCESS_LUA],
    header_filter: [GUARD_HEADER_FILTER_LUA, 'kong.log("hi")'],
    body_filter: [GUARD_BODY_FILTER_LUA],
    log: [GUARD_LOG_LUA],
  };
}

function routed(name: string, own: object[]): object[] {
  return [{ name, plugins: own, routes: [{ name }] }];
}

import { describe, expect, it } from 'vitest';
import { aidr, GUARD, reportOf, service } from '../../../../testkit/check-configurations.ts';
import { GUARD_ACCESS_LUA, GUARD_HEADER_FILTER_LUA } from '../../../kong/lua/lua-files.ts';

const RELAY = { placement: 'relay' };
const OLDER = {
  name: 'post-function',
  config: {
    access: [GUARD_ACCESS_LUA.replaceAll('crowdstrike_aidr_relay', 'other')],
    header_filter: [GUARD_HEADER_FILTER_LUA],
  },
};

describe('the relay', () => {
  it.each([
    ['placement relay', RELAY],
    ['live answers', { response_mode: 'live' }],
  ])('with an older guard is a finding: %s', (_what, config) => {
    const findings = reportOf(service([aidr('request', config), aidr('response', config), OLDER]));
    expect(findings.filter((line) => line.includes('around the relay'))).toEqual([
      expect.stringContaining('warning  services[s].plugins[post-function]: it is older than this version'),
    ]);
  });

  it.each([
    ['in the phases', {}, OLDER],
    ['with this guard', RELAY, GUARD],
  ])('is none %s', (_what, config, guard) => {
    const findings = reportOf(service([aidr('request', config), aidr('response', config), guard]));
    expect(findings.filter((line) => line.includes('relay'))).toEqual([]);
  });

  it('on the request plugin alone is an error, unless the answer is live, audited or not inspected', () => {
    const about = (...plugins: ReturnType<typeof aidr>[]) =>
      reportOf(service([aidr('request', RELAY), ...plugins, GUARD])).filter((line) =>
        line.includes('gets 500'),
      );
    expect(about(aidr('response'))).toEqual([
      expect.stringContaining('error  services[s].plugins[crowdstrike-aidr-response]: '),
    ]);
    for (const config of [RELAY, { response_mode: 'live' }, { enforcing_strategy: 'audit' }])
      expect(about(aidr('response', config))).toEqual([]);
    expect(about()).toEqual([]);
  });
});

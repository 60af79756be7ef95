import { describe, expect, it } from 'vitest';
import { aidr, both, GUARD, reportOf, service } from '../../../../testkit/check-configurations.ts';
import { BATCH_HOOK, BATCH_HOOK_PLUGIN, OLDER_BATCH_HOOK_KEY } from '../../../kong/batch-hook-plugin.ts';
import { guardPlugin } from '../../../kong/guard-plugin.ts';

const BOTH = ['request', 'response'] as const;
const lambda = { name: 'aws-lambda' };
const findings = (configuration: object, about: string) =>
  reportOf(configuration).filter((finding) => finding.includes(about));

describe('a plugin that answers by itself', () => {
  const about = 'what it answers by itself';

  it.each([
    ['aws-lambda', 'below-response'],
    ['azure-functions', 'below-response'],
    ['forward-proxy', 'below-response'],
    ['request-termination', 'below-response'],
    ['mocking', 'below-response'],
    ['proxy-cache', 'proxy-cache'],
    ['proxy-cache-advanced', 'below-response'],
    ['ai-response-transformer', 'below-request'],
    ['ai-semantic-cache', 'below-request'],
  ])('%s is refused by the guard, which is said', (name, band) => {
    const [finding, ...others] = findings(both({}, { name }), about);
    expect(finding).toContain(
      `warning  services[s].plugins[${name}]: the guard refuses what it answers by itself`,
    );
    expect(finding).toContain(`aidr-kong guard --allow-exit ${band}=`);
    expect(others).toEqual([]);
  });

  it.each([
    ['only audits', [aidr('request', { enforcing_strategy: 'audit' })]],
    ['is not there', []],
  ])('between the two passes where the request plugin %s, which is said', (_name, request) => {
    const others = [aidr('response'), GUARD, lambda, { name: 'ai-response-transformer' }];
    expect(findings(service([...request, ...others]), about)).toEqual([
      expect.stringMatching(/ai-response-transformer\]: what it answers by itself passes uninspected on /),
      expect.stringMatching(/aws-lambda\]: the guard refuses what it answers by itself on /),
    ]);
  });

  it.each<[string, object]>([
    [
      'the guard was told to let it pass',
      service([
        aidr('request'),
        aidr('response'),
        { ...guardPlugin(BOTH, false, { 'below-response': '200', 'below-request': '2xx 4xx' }) },
        lambda,
        { name: 'ai-response-transformer' },
      ]),
    ],
    ['the answers are not inspected anyway', service([aidr('request'), GUARD, lambda])],
    ['an audit stops nothing', both({ enforcing_strategy: 'audit' }, lambda)],
    ['there is no guard', service([aidr('request'), aidr('response'), lambda])],
    ['it is disabled', both({}, { ...lambda, enabled: false })],
    ['it is a plugin that never does', both({}, { name: 'cors' })],
  ])('is no matter where %s', (_name, configuration) => {
    expect(findings(configuration, about)).toEqual([]);
  });
});

describe('the batch hook', () => {
  const [lua = ''] = BATCH_HOOK_PLUGIN.config.access;
  const about = 'the batch hook is of another version';

  const olderVersion = lua.replace(/version = "\d+"/, 'version = "1"');

  it.each([
    ['of another version', olderVersion],
    ['of a build before 0.1.0', olderVersion.replace(BATCH_HOOK.key, OLDER_BATCH_HOOK_KEY)],
  ])('%s is mentioned', (_name, older) => {
    const other = { name: 'pre-function', config: { access: [older] } };
    expect(findings(both({}, other), about)).toEqual([
      expect.stringMatching(/^info {2}services\[s\]\.plugins\[pre-function\]: /),
    ]);
  });

  it.each<[string, object]>([
    ['of this version', both({}, { ...BATCH_HOOK_PLUGIN })],
    ['that is another function', both({}, { name: 'pre-function', config: { access: ['kong.log("hi")'] } })],
    [
      'where the plugins are not',
      service([{ name: 'pre-function', config: { access: ['x = crowdstrike_aidr_batch_hook'] } }]),
    ],
  ])('%s is not', (_name, configuration) => {
    expect(findings(configuration, about)).toEqual([]);
  });
});

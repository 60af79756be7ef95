import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aidr, both, GUARD, reportOf, service } from '../../../testkit/check-configurations.ts';
import { check } from './index.ts';

const REQUEST = 'services[s].plugins[crowdstrike-aidr-request]';
const RESPONSE = 'services[s].plugins[crowdstrike-aidr-response]';
const ROUTE = 'services[s].routes[r]';
const aiProxy = (config: object) => ({
  name: 'ai-proxy',
  config: {
    route_type: 'llm/v1/chat',
    model: { provider: 'openai' },
    max_request_body_size: 1_048_576,
    ...config,
  },
});
const kong = { upstream_llm: { provider: 'kong', api_uri: 'auto' } };
const validate = { ...kong, operation: 'validate' };

describe('the check', () => {
  it("has nothing to say about the repository's own kong.yaml but what Kong does not do by itself", async () => {
    const text = await readFile(resolve(import.meta.dirname, '../../../kong.yaml'), 'utf8');
    const { findings } = check([{ file: 'kong.yaml', text }]);
    expect(findings.map(({ code, level }) => [code, level])).toEqual([['unverified-upstream', 'warning']]);
  });

  it.each<[string, object]>([
    ['a plain route', both({})],
    ['a vault reference for the key', both({ ai_guard_api_key: '{vault://env/x}' })],
    ['ai-proxy in front of OpenAI', both(kong, aiProxy({}))],
    [
      'ai-proxy that streams nothing',
      both(kong, aiProxy({ model: { provider: 'cohere' }, response_streaming: 'deny' })),
    ],
    ['ai-proxy where nothing is redacted', both(validate, aiProxy({ model: { provider: 'cohere' } }))],
    [
      'ai-proxy that passes on what comes',
      both({}, aiProxy({ route_type: 'preserve', model: { provider: 'cohere' } })),
    ],
    [
      "ai-proxy in a provider's own format",
      both({}, aiProxy({ llm_format: 'bedrock', model: { provider: 'bedrock' } })),
    ],
    [
      'a cache elsewhere',
      {
        services: [
          { name: 'a', plugins: [aidr('request'), aidr('response'), GUARD] },
          { name: 'b', plugins: [{ name: 'proxy-cache' }] },
        ],
      },
    ],
  ])('has nothing to say about %s', (_name, configuration) => {
    expect(reportOf(configuration)).toEqual([]);
  });

  it.each<[string, object, string]>([
    ['none of the plugins', service([]), 'warning  k: none of the AIDR plugins is here'],
    ['an unknown field', both({ blok: 1 }), `error  ${REQUEST}: blok: the plugins have no such setting`],
    ['no key', both({ ai_guard_api_key: undefined }), `error  ${REQUEST}: ai_guard_api_key: `],
    [
      'a pattern that cannot run in linear time',
      both({ deny_patterns: ['ok', '(?=x)'] }),
      `error  ${REQUEST}: deny_patterns: rule 2 `,
    ],
    [
      'a broken reference',
      both({ ai_guard_api_key: '{vault://env/x' }),
      `error  ${REQUEST}: ai_guard_api_key: the vault reference`,
    ],
    [
      'no configuration',
      service([{ name: 'crowdstrike-aidr-request' }]),
      `error  ${REQUEST}: ai_guard_api_key: `,
    ],
    [
      "the other plugin's field",
      both({ inspect_history: 'new_turns' }),
      `info  ${RESPONSE}: inspect_history is set but has no effect on this plugin`,
    ],
    [
      'a disabled plugin',
      service([aidr('request', {}, { enabled: false }), aidr('response'), GUARD]),
      `info  ${REQUEST}: it is disabled`,
    ],
    [
      'only the request plugin',
      service([aidr('request')]),
      `warning  ${ROUTE}: answers are not inspected (add crowdstrike-aidr-response)`,
    ],
    [
      'only the response plugin',
      service([aidr('response')]),
      `warning  ${ROUTE}: prompts are not inspected (add crowdstrike-aidr-request)`,
    ],
    [
      'a plugin on a consumer only',
      { ...both({}), consumers: [{ username: 'c', plugins: [aidr('request', { ssl_verify: false })] }] },
      'warning  k consumers[c].plugins[crowdstrike-aidr-request]: ssl_verify is false',
    ],
    ...['proxy-cache', 'proxy-cache-advanced', 'ai-semantic-cache'].map((name): [string, object, string] => [
      name,
      both({}, { name }),
      `warning  services[s].plugins[${name}]: what it has stored is not inspected again on ${ROUTE}`,
    ]),
    [
      'a WebSocket route',
      service([aidr('request'), aidr('response'), GUARD], { protocols: ['https', 'wss'] }),
      `warning  ${ROUTE}: the messages of WebSocket`,
    ],
    [
      'a WebSocket service',
      service([aidr('request'), aidr('response'), GUARD], {}, { url: 'ws://a' }),
      `warning  ${ROUTE}: the messages of WebSocket`,
    ],
    [
      "another provider's format behind ai-proxy",
      both({}, aiProxy({})),
      `warning  ${REQUEST}: services[s].plugins[ai-proxy] makes clients of ${ROUTE} speak Kong's format`,
    ],
    [
      "Kong's format without ai-proxy",
      both(kong),
      `warning  ${REQUEST}: upstream_llm.provider is kong, but no ai-proxy is on ${ROUTE}`,
    ],
    [
      'streams that ai-proxy translates',
      both(kong, aiProxy({ model: { provider: 'anthropic' } })),
      `warning  ${RESPONSE}: streams that services[s].plugins[ai-proxy] translates are refused when AIDR redacts them (response_mode: live)`,
    ],
    [
      'streams that ai-proxy-advanced translates',
      both(kong, {
        name: 'ai-proxy-advanced',
        config: { targets: [aiProxy({}).config, aiProxy({ model: { provider: 'gemini' } }).config] },
      }),
      `warning  ${RESPONSE}: streams that services[s].plugins[ai-proxy-advanced] translates`,
    ],
    ['no TLS verification', both({ ssl_verify: false }), `warning  ${REQUEST}: ssl_verify is false`],
    [
      'plain http',
      both({ ai_guard_api_base_url: ' HTTP://aidr.example' }),
      `warning  ${REQUEST}: ai_guard_api_base_url is plain http`,
    ],
    [
      'a key in the file',
      both({ ai_guard_api_key: 'pts_secret' }),
      `warning  ${REQUEST}: ai_guard_api_key is written into the configuration`,
    ],
    ['audit', both({ enforcing_strategy: 'audit' }), `info  ${REQUEST}: enforcing_strategy is audit`],
    [
      'failing open',
      both({ enforcing_strategy: 'enforce_but_ignore_on_error' }),
      `info  ${REQUEST}: enforcing_strategy is enforce_but_ignore_on_error`,
    ],
    [
      'prompts that the provider gets first',
      both({ placement: 'relay', request_check: 'parallel' }),
      `info  ${REQUEST}: request_check is parallel: the provider has a prompt before AIDR has judged it`,
    ],
    [
      'a check in parallel outside the relay',
      both({ request_check: 'parallel' }),
      `error  ${REQUEST}: request_check: parallel needs placement relay`,
    ],
    [
      'what cannot be read',
      both({ on_uninspectable: 'allow' }),
      `info  ${REQUEST}: on_uninspectable is allow`,
    ],
    [
      'unguarded streams',
      both({ guard_streaming_response: false }),
      `info  ${RESPONSE}: guard_streaming_response is false`,
    ],
  ])('reports %s', (_name, configuration, expected) => {
    expect(reportOf(configuration)).toContainEqual(expect.stringContaining(expected));
  });

  it('says once what many routes share', () => {
    const routes = Array.from({ length: 50 }, (_, n) => ({ name: `r${n}` }));
    const configuration = service(
      [aidr('request', { ssl_verify: false }), aidr('response'), GUARD],
      {},
      { routes },
    );
    expect(reportOf(configuration)).toHaveLength(1);
  });

  it('names a check in parallel at the plugin for prompts alone', () => {
    const report = reportOf(both({ placement: 'relay', request_check: 'parallel' }));
    expect(report.filter((line) => line.includes('before AIDR has judged it'))).toHaveLength(1);
  });

  it('never says a value', () => {
    const secret = 'pts_secret';
    const upstream_llm = { provider: secret, api_uri: secret };
    const values = { ai_guard_api_key: secret, ai_guard_api_base_url: `http://${secret}`, upstream_llm };
    const findings = reportOf(
      both({ ...values, enforcing_strategy: secret, extra_info: secret, timeout: secret }),
    );
    expect(findings.length).toBeGreaterThan(4);
    expect(findings.join('\n')).not.toContain(secret);
  });
});

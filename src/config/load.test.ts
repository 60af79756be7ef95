import { describe, expect, it } from 'vitest';
import { API_URIS, PROVIDERS } from './api-uri.ts';
import { ConfigurationError, loadConfig } from './load.ts';
import type { Direction } from './schema.ts';

const minimal = {
  ai_guard_api_key: 'pts_secret',
  upstream_llm: { provider: 'openai', api_uri: '/v1/chat/completions' },
};

const LUA_UNUSED = { recipe: 'r', guarding_mode: 'OUTPUT', stop_on_error: false, stream_batch_size: 20 };

/** As Kong hands a vault reference to an instance. */
const RESOLVED = {
  ai_guard_api_key: 'pts_secret',
  $refs: { ai_guard_api_key: '{vault://env-cs-aidr/token}' },
};
const BASE_URL = { ai_guard_api_base_url: 'https://api.crowdstrike.com/aidr/aiguard' };
const OPENAI = { ...BASE_URL, upstream_llm: { provider: 'openai', api_uri: '/v1/chat/completions' } };
const AI_GATEWAY = { ...BASE_URL, upstream_llm: { provider: 'kong', api_uri: '/llm/v1/chat' } };
const NAMES = { llm_provider: 'OpenAI', model: 'gpt-4' };

/** What Kong stores, and hands out, for every field of the Lua plugins that is not set. */
const NOT_SET = {
  app_id: null,
  user_id: null,
  llm_provider: null,
  model: null,
  model_version: null,
  source_location: null,
  tenant_id: null,
  collector_instance_id: null,
  extra_info: null,
};
const STREAM_GUARD = {
  guarding_mode: 'OUTPUT',
  stop_on_error: true,
  guard_streaming_response: true,
  stream_batch_size: 20,
};

/**
 * @see https://github.com/CrowdStrike/aidr-kong
 * @see https://developer.konghq.com/plugins/crowdstrike-aidr-request/
 */
const LUA_CONFIGURATIONS: [string, Direction, object][] = [
  ['the shortest one, prompts', 'request', OPENAI],
  ['the shortest one, answers', 'response', OPENAI],
  ['with names for AIDR, prompts', 'request', { ...OPENAI, ...NAMES }],
  ['with names for AIDR, answers', 'response', { ...OPENAI, ...NAMES }],
  ["for Kong's AI Gateway, prompts", 'request', { ...AI_GATEWAY, ...NAMES }],
  ["for Kong's AI Gateway, answers", 'response', { ...AI_GATEWAY, ...NAMES }],
  ['without a base URL', 'request', { upstream_llm: OPENAI.upstream_llm }],
  ['as a database gives it back', 'request', { ...OPENAI, ...NOT_SET }],
  ['with metadata', 'request', { ...OPENAI, extra_info: { app_group: 'hr', sub_tenant: 'eu' } }],
  ['with the stream guard, by default', 'response', { ...OPENAI, ...NOT_SET, ...STREAM_GUARD }],
  ['without the stream guard', 'response', { ...OPENAI, guard_streaming_response: false }],
  ['that passes on errors', 'response', { ...OPENAI, stop_on_error: false, guarding_mode: 'BOTH' }],
];

describe('a configuration', () => {
  it('needs a key and an upstream; everything else has a default', () => {
    const { config, key } = loadConfig(minimal, 'request');
    expect(key).toEqual({ value: 'pts_secret' });
    expect(config).toEqual({
      upstream_llm: minimal.upstream_llm,
      ai_guard_api_base_url: 'https://api.crowdstrike.com/aidr/aiguard',
      operation: 'mutate',
      placement: 'phases',
      request_check: 'before',
      enforcing_strategy: 'enforce',
      enforce_on_detection: false,
      timeout: 10_000,
      ssl_verify: true,
      max_body_size: 8_388_608,
      max_rewrite_size: 1_048_576,
      on_uninspectable: 'block',
      on_opaque: 'allow',
      guard_streaming_response: true,
      response_mode: 'buffered',
      release: 'window',
      window_chars: 200,
      window_overlap_chars: 100,
      max_hold_ms: 1_000,
      inspect_history: 'all_turns',
      inspect_system: 'always',
      on_blocked_tool_result: 'refuse',
      on_blocked_history: 'refuse',
      on_signed_thinking: 'refuse',
      allow_all_conversation_history: false,
      match_all_roles: false,
      rejection_style: 'provider',
      block_status: 400,
      uninspected_status: 422,
      request_failure_message: 'Prompt has been rejected by CrowdStrike AIDR',
      response_failure_message: 'Response has been rejected by CrowdStrike AIDR',
      reveal_reason: true,
      log_blocked_content: false,
      expose_headers: false,
    });
  });

  it("accepts every field of CrowdStrike's Lua plugins, and names those that do nothing here", () => {
    const lua = {
      ...minimal,
      ai_guard_api_base_url: 'http://localhost:8787/aidr/aiguard/',
      app_id: 'a',
      user_id: 'u',
      llm_provider: 'OpenAI',
      model: 'gpt-4',
      model_version: '4',
      source_location: 'US-CA',
      tenant_id: 't',
      collector_instance_id: 'c',
      extra_info: { app_group: 'g' },
      guard_streaming_response: true,
      ...LUA_UNUSED,
    };
    const { ai_guard_api_key: value, ...config } = lua;
    for (const direction of ['request', 'response'] as const) {
      const loaded = loadConfig(lua, direction);
      expect(loaded).toMatchObject({ config, key: { value } });
      expect(loaded.idleFields).toEqual(Object.keys(LUA_UNUSED));
    }
  });

  it.each<[string, Direction, object]>(LUA_CONFIGURATIONS)(
    'that CrowdStrike documents for its Lua plugins loads unchanged: %s',
    (_name, direction, config) => {
      expect(() => loadConfig({ ...config, ...RESOLVED }, direction)).not.toThrow();
    },
  );

  it("is read beside Kong's own keys, which are nobody's setting", () => {
    const kongs = {
      __key__: 'plugins:x',
      __seq__: 4,
      __plugin_id: 'p',
      __ws_id: 'w',
      route_id: 'r',
      service_id: 's',
      consumer_id: 'c',
      plugin_instance_name: 'i',
      $refs: { ai_guard_api_key: '{vault://env/token}' },
    };
    expect(loadConfig({ ...minimal, ...kongs, app_id: null }, 'response').config).not.toHaveProperty(
      'app_id',
    );
  });

  it("survives Lua's one kind of empty table", () => {
    const { config } = loadConfig(
      { ...minimal, allow_patterns: {}, deny_patterns: [], extra_info: [], metadata_from_headers: [] },
      'request',
    );
    expect(config).toMatchObject({
      ...{ allow_patterns: [], deny_patterns: [], extra_info: {}, metadata_from_headers: {} },
    });
  });

  it('forgives the line break that files of secrets end with', () => {
    const { key } = loadConfig({ ...minimal, ai_guard_api_key: 'pts_secret\n' }, 'request');
    expect(key.value).toBe('pts_secret');
  });

  it('forgives blanks around api_uri', () => {
    const upstream_llm = { provider: 'openai', api_uri: ' /v1/chat/completions\n' };
    expect(loadConfig({ ...minimal, upstream_llm }, 'request').config.upstream_llm.api_uri).toBe(
      '/v1/chat/completions',
    );
  });

  it.each(PROVIDERS.flatMap((provider) => API_URIS[provider].map((api_uri) => [provider, api_uri])))(
    'knows %s %s',
    (provider, api_uri) => {
      expect(() => loadConfig({ ...minimal, upstream_llm: { provider, api_uri } }, 'request')).not.toThrow();
    },
  );

  it.each<[string, Record<string, unknown>, string]>([
    ['an unknown field', { blok: true }, 'Unrecognized key: "blok"'],
    ['no key', { ai_guard_api_key: undefined }, 'ai_guard_api_key: '],
    ['an empty key', { ai_guard_api_key: '' }, 'ai_guard_api_key: '],
    ['a key of two lines', { ai_guard_api_key: 'pts_a\npts_b' }, 'ai_guard_api_key: must be one word'],
    ['a timeout longer than a phase may take', { timeout: 60_000 }, 'timeout: '],
    [
      'a reference that Kong did not resolve',
      { ai_guard_api_key: '{vault://env/token}' },
      'could not be resolved',
    ],
    [
      'a base URL that is none',
      { ai_guard_api_base_url: 'api.crowdstrike.com' },
      'must be an http or https URL',
    ],
    ['a base URL of a file', { ai_guard_api_base_url: 'file:///etc' }, 'must be an http or https URL'],
    [
      'a region that is none',
      { ai_guard_api_base_url: 'us-9' },
      'or one of us-1, us-2, eu-1, us-gov-1, us-gov-2',
    ],
    ['a certificate without its key', { ai_guard_client_cert: 'x' }, 'ai_guard_client_key: set it and'],
    [
      'a client key that Kong did not resolve',
      { ai_guard_client_cert: 'x', ai_guard_client_key: '{vault://env/key}' },
      'ai_guard_client_key: the vault reference could not be resolved',
    ],
    [
      'a certificate that is none',
      { ai_guard_client_cert: 'x', ai_guard_client_key: 'y' },
      'ai_guard_client_key: the certificate is no PEM certificate',
    ],
    ['no provider', { upstream_llm: { api_uri: 'auto' } }, 'upstream_llm.provider: '],
    [
      "another provider's api_uri",
      { upstream_llm: { provider: 'cohere', api_uri: '/v1/messages' } },
      "upstream_llm.api_uri: for provider 'cohere' the allowed api_uris are: /v2/chat, /v1/chat, /v1/generate, auto",
    ],
    [
      'a field too many in the upstream',
      { upstream_llm: { ...minimal.upstream_llm, model: 'x' } },
      'upstream_llm: ',
    ],
    ['a timeout of zero', { timeout: 0 }, 'timeout: '],
    ['a timeout in words', { timeout: '10s' }, 'timeout: '],
    ['half a byte', { max_body_size: 0.5 }, 'max_body_size: '],
    ['metadata that is no text', { extra_info: { n: 1 } }, 'extra_info.n: '],
    ['a session id longer than AIDR takes', { session_id: 'x'.repeat(257) }, 'session_id: '],
    ['a host name longer than AIDR takes', { hostname: 'x'.repeat(254) }, 'hostname: '],
    ['an unknown kind of agent', { agent_type: 'butler' }, 'agent_type: '],
    ...[
      'user_id',
      'app_id',
      'tenant_id',
      'collector_instance_id',
      'model',
      'app_name',
      'kong_request_id',
    ].map((field): [string, Record<string, unknown>, string] => [
      `a header for ${field}`,
      { metadata_from_headers: { [field]: 'x-a' } },
      'metadata_from_headers: Unrecognized key',
    ]),
    [
      'a header that is none',
      { metadata_from_headers: { session_id: 'x a' } },
      'metadata_from_headers.session_id: must be the name of a header',
    ],
    ...['Authorization', 'cookie', 'X-Api-Key', 'proxy-authorization'].map(
      (header): [string, Record<string, unknown>, string] => [
        `a header of secrets, ${header}`,
        { metadata_from_headers: { session_id: header } },
        'metadata_from_headers.session_id: names a header that holds a secret',
      ],
    ),
    ['a window without an overlap', { window_overlap_chars: 0 }, 'window_overlap_chars: '],
    ['an upstream that is no URL', { upstream_url: 'api.example' }, 'upstream_url: must be '],
    ['an upstream with a path', { upstream_url: 'https://api.example/v1' }, 'upstream_url: must be a scheme'],
    [
      'an upstream with a user',
      { upstream_url: 'https://me:pw@api.example' },
      'upstream_url: must be a scheme',
    ],
    ...[
      ...[
        'https://127.0.0.1:8443/internal/chat',
        'http://llm.example/internal/chat',
        'http://127.0.0.1:8000',
      ],
      ...[
        'http://127.0.0.1:8000/',
        'http://127.0.0.1:8000/internal?a=1',
        'http://me@127.0.0.1:8000/internal',
      ],
      ...['http://127.0.0.1.example/internal', 'http://127.0.0.1:8000/internal/', '/internal/chat'],
    ].map((url): [string, Record<string, unknown>, string] => [
      `the internal route ${url}`,
      { internal_route_url: url },
      'internal_route_url: must be ',
    ]),
    ['an unknown strategy', { enforcing_strategy: 'off' }, 'enforcing_strategy: '],
    ['more patterns than Kong takes', { deny_patterns: Array(11).fill('x') }, 'deny_patterns: '],
    ['a pattern longer than Kong takes', { allow_patterns: ['a', 'x'.repeat(501)] }, 'allow_patterns.1: '],
    ['an empty pattern', { deny_patterns: [''] }, 'deny_patterns.0: '],
    ['an unknown style', { rejection_style: 'loud' }, 'rejection_style: '],
    ['a block that is a success', { block_status: 200 }, 'block_status: '],
    ['a block that is a failure of the server', { block_status: 500 }, 'block_status: '],
    ['what is uninspected and a success', { uninspected_status: 200 }, 'uninspected_status: '],
    ...[408, 409, 429].map((block_status): [string, Record<string, unknown>, string] => [
      `a block of status ${block_status}`,
      { block_status },
      'block_status: must not be a status after which clients repeat the request',
    ]),
    [
      'a stealth that tells',
      { rejection_style: 'stealth', expose_headers: true },
      'expose_headers: cannot be set together with rejection_style stealth',
    ],
  ])('with %s is refused, naming the field', (_name, change, message) => {
    const load = () => loadConfig({ ...minimal, ...change }, 'response');
    expect(load).toThrow(ConfigurationError);
    expect(load).toThrow(message);
  });

  it('is refused without a word of its values: they can be secrets', () => {
    const secrets = {
      ai_guard_api_key: { token: 'pts_secret' },
      app_id: ['pts_secret'],
      upstream_llm: { provider: 'pts_secret', api_uri: 'pts_secret' },
      ai_guard_api_base_url: 'pts_secret',
    };
    let message = '';
    try {
      loadConfig(secrets, 'request');
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain('ai_guard_api_key');
    expect(message).not.toContain('pts_secret');
  });

  it('says which fields do nothing on the other plugin, and nothing of defaults that Kong filled in', () => {
    const filled = {
      ...minimal,
      guard_streaming_response: true,
      response_mode: 'buffered',
      inspect_history: 'new_turns',
      inspect_system: 'once',
    };
    expect(loadConfig({ ...filled, response_failure_message: 'No.' }, 'request').idleFields).toEqual([
      'response_failure_message',
    ]);
    expect(loadConfig(filled, 'response').idleFields).toEqual(['inspect_history', 'inspect_system']);
  });

  it('checks prompts in parallel in the relay only, and says that an audit waits for no verdict anyway', () => {
    const parallel = { ...minimal, request_check: 'parallel' };
    expect(() => loadConfig(parallel, 'request')).toThrow('request_check: parallel needs placement relay');
    const relayed = { ...parallel, placement: 'relay' };
    expect(loadConfig(relayed, 'request').idleFields).toEqual([]);
    expect(loadConfig(relayed, 'response').idleFields).toEqual(['request_check']);
    expect(loadConfig({ ...relayed, enforcing_strategy: 'audit' }, 'request').idleFields).toEqual([
      'request_check',
    ]);
    expect(loadConfig({ ...minimal, request_check: 'before' }, 'request').config.request_check).toBe(
      'before',
    );
  });

  it.each<[string, string[]]>([
    ['provider', []],
    ['plain', []],
    ['stealth', ['block_status', 'uninspected_status', 'reveal_reason', 'request_failure_message']],
    ['completion', ['block_status']],
  ])('says which fields do nothing in the style %s', (rejection_style, idle) => {
    const statuses = { block_status: 403, uninspected_status: 400 };
    const words = { reveal_reason: false, request_failure_message: 'No.', ...statuses };
    expect(loadConfig({ ...minimal, ...words, rejection_style }, 'request').idleFields).toEqual(idle);
    const defaults = { reveal_reason: true, block_status: 400, uninspected_status: 422 };
    expect(loadConfig({ ...minimal, ...defaults, rejection_style }, 'request').idleFields).toEqual([]);
  });
});

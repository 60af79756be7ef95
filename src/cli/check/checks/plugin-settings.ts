/** Settings of our plugins that weaken the connection to AIDR, give the key away, or let something pass. */
import { PLUGIN_NAMES, type PluginName } from '../../../config/plugin-name.ts';
import type { Code } from '../codes.ts';
import type { Finding, Level } from '../finding.ts';
import type { Deployment, Table } from '../model.ts';
import { isTemplate, vaultReference } from '../vault-reference.ts';

interface Rule {
  code: Code;
  level: Level;
  /** The setting to change. */
  field: string;
  applies(config: Table, name: PluginName): boolean;
  problem: string;
  remedy: string;
}

const RULES: Rule[] = [
  {
    code: 'insecure-aidr',
    level: 'warning',
    field: 'ssl_verify',
    applies: ({ ssl_verify }) => ssl_verify === false,
    problem: 'ssl_verify is false: anyone between Kong and AIDR can read the traffic and allow everything',
    remedy: "give the plugin server AIDR's certificate authority with --ca-file",
  },
  {
    code: 'insecure-aidr',
    level: 'warning',
    field: 'ai_guard_api_base_url',
    applies: ({ ai_guard_api_base_url: url }) => typeof url === 'string' && /^\s*http:/i.test(url),
    problem: 'ai_guard_api_base_url is plain http: the key and the traffic travel in clear',
    remedy: 'use https',
  },
  {
    code: 'base-url-path',
    level: 'warning',
    field: 'ai_guard_api_base_url',
    applies: ({ ai_guard_api_base_url: url }) => typeof url === 'string' && isAidrWithoutPath(url),
    problem:
      'ai_guard_api_base_url does not end with /aidr/aiguard, so AIDR answers 404 and all traffic is refused',
    remedy: "copy it from the collector's Config tab",
  },
  {
    code: 'plain-key',
    level: 'warning',
    field: 'ai_guard_api_key',
    applies: ({ ai_guard_api_key: key }) =>
      typeof key === 'string' &&
      key !== '' &&
      !key.includes('vault:') &&
      !vaultReference(key) &&
      !isTemplate(key),
    problem: 'ai_guard_api_key is written into the configuration',
    remedy: 'put it into a vault and write a {vault://…} reference',
  },
  {
    code: 'plain-key',
    level: 'warning',
    field: 'ai_guard_client_key',
    applies: ({ ai_guard_client_key: key }) =>
      typeof key === 'string' && /PRIVATE KEY-----/.test(key) && !isTemplate(key),
    problem: 'ai_guard_client_key is written into the configuration',
    remedy: 'put it into a vault and write a {vault://…} reference',
  },
  {
    code: 'live-without-streams',
    level: 'warning',
    field: 'guard_streaming_response',
    applies: ({ response_mode, guard_streaming_response: isGuarded }) =>
      response_mode === 'live' && isGuarded === false,
    problem: 'response_mode is live, but guard_streaming_response is false: the streams pass uninspected',
    remedy: 'take guard_streaming_response out',
  },
  {
    code: 'permissive-setting',
    level: 'info',
    field: 'enforcing_strategy',
    applies: ({ enforcing_strategy: strategy }) => strategy === 'audit',
    problem: 'enforcing_strategy is audit: nothing is blocked or redacted',
    remedy: 'enforce, once you know what it would block',
  },
  {
    code: 'permissive-setting',
    level: 'info',
    field: 'enforcing_strategy',
    applies: ({ enforcing_strategy: strategy }) => strategy === 'enforce_but_ignore_on_error',
    problem: 'enforcing_strategy is enforce_but_ignore_on_error: traffic passes when AIDR cannot be asked',
    remedy: 'enforce, unless that is meant',
  },
  {
    code: 'sent-before-verdict',
    level: 'info',
    field: 'request_check',
    // An audit lets the provider have everything anyway.
    // On the response plugin it has no effect.
    applies: ({ request_check: check, enforcing_strategy: strategy }, name) =>
      check === 'parallel' && strategy !== 'audit' && name === PLUGIN_NAMES.request,
    problem:
      'request_check is parallel: the provider has a prompt before AIDR has judged it, even one that is refused',
    remedy: 'before, unless that is meant',
  },
  {
    code: 'permissive-setting',
    level: 'info',
    field: 'on_uninspectable',
    applies: ({ on_uninspectable: action }) => action === 'allow',
    problem: 'on_uninspectable is allow: bodies that cannot be read pass',
    remedy: 'block, unless that is meant',
  },
  {
    code: 'permissive-setting',
    level: 'info',
    field: 'guard_streaming_response',
    applies: ({ response_mode, guard_streaming_response: isGuarded }) =>
      isGuarded === false && response_mode !== 'live',
    problem: 'guard_streaming_response is false: streamed answers pass uninspected',
    remedy: 'take it out, unless that is meant; response_mode: live inspects them as they stream',
  },
];

export function pluginSettings({ plugins }: Deployment): Finding[] {
  return plugins.flatMap(({ name, place, config }) =>
    RULES.filter((rule) => rule.applies(config, name)).map(({ field, code, level, problem, remedy }) => ({
      ...{ code, level, problem, remedy },
      place: place.at('config', field),
    })),
  );
}

/** Other hosts may have it elsewhere: a gateway of yours, a test. */
function isAidrWithoutPath(url: string): boolean {
  const trimmed = url.trim();
  if (!URL.canParse(trimmed)) return false;
  const { hostname, pathname } = new URL(trimmed);
  return hostname.endsWith('.crowdstrike.com') && !/\/aidr\/aiguard\/?$/.test(pathname);
}

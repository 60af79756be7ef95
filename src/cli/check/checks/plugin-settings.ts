/** Settings of our plugins that weaken the connection to AIDR, give the key away, or let something pass. */
import type { Finding } from '../finding.ts';
import type { Deployment, Table } from '../model.ts';
import { isVaultReference } from '../vault-reference.ts';

interface Rule {
  applies(config: Table): boolean;
  problem: string;
  remedy?: string;
}

const DANGEROUS: Rule[] = [
  {
    applies: ({ ssl_verify }) => ssl_verify === false,
    problem: 'ssl_verify is false: anyone between Kong and AIDR can read the traffic and allow everything',
    remedy: "give the plugin server AIDR's certificate authority with --ca-file",
  },
  {
    applies: ({ ai_guard_api_base_url: url }) => typeof url === 'string' && /^\s*http:/i.test(url),
    problem: 'ai_guard_api_base_url is plain http: the key and the traffic travel in clear',
    remedy: 'use https',
  },
  {
    applies: ({ ai_guard_api_key: key }) => typeof key === 'string' && key !== '' && !isVaultReference(key),
    problem: 'ai_guard_api_key is written into the configuration',
    remedy: 'put it into a vault and write a {vault://…} reference',
  },
];

const PERMISSIVE: Rule[] = [
  {
    applies: ({ enforcing_strategy: strategy }) => strategy === 'audit',
    problem: 'enforcing_strategy is audit: nothing is blocked or redacted',
  },
  {
    applies: ({ enforcing_strategy: strategy }) => strategy === 'enforce_but_ignore_on_error',
    problem: 'enforcing_strategy is enforce_but_ignore_on_error: traffic passes when AIDR cannot be asked',
  },
  {
    applies: ({ on_uninspectable: action }) => action === 'allow',
    problem: 'on_uninspectable is allow: bodies that cannot be read pass',
  },
  {
    applies: ({ guard_streaming_response: isGuarded }) => isGuarded === false,
    problem: 'guard_streaming_response is false: streamed answers pass uninspected',
  },
];

export function pluginSettings({ plugins }: Deployment): Finding[] {
  return plugins.flatMap(({ place, config }) => [
    ...findings(DANGEROUS, 'warning', place, config),
    ...findings(PERMISSIVE, 'info', place, config),
  ]);
}

function findings(rules: Rule[], level: Finding['level'], place: string, config: Table): Finding[] {
  return rules
    .filter((rule) => rule.applies(config))
    .map(({ problem, remedy }) => ({ level, place, problem, ...(remedy ? { remedy } : {}) }));
}

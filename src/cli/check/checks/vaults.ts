/** Vaults that references name: without one, the key is empty and every request is refused. */
import { fieldMeta, pluginConfig } from '../../../config/schema.ts';
import { didYouMean } from '../did-you-mean.ts';
import type { Finding } from '../finding.ts';
import type { Configuration, Deployment, OurPlugin, VaultEntity } from '../model.ts';
import { vaultReference } from '../vault-reference.ts';

/** Kong's own, which need no entity. */
const BACKENDS = ['env', 'aws', 'gcp', 'hcv', 'azure', 'conjur', 'konnect'];

/** As Kong's schema has it. */
const PREFIX = /^[a-z][a-z\d-]*[a-z\d]$/;

export function vaults({ plugins, configuration }: Deployment): Finding[] {
  return [
    ...plugins.flatMap((plugin) => references(plugin, configuration)),
    ...configuration.vaults.flatMap(vaultOf),
  ];
}

function references({ config, place }: OurPlugin, { vaults: entities }: Configuration): Finding[] {
  const prefixes = entities.map(({ fields }) => String(fields.prefix));
  return REFERENCEABLE.flatMap((field): Finding[] => {
    const value = config[field];
    if (typeof value !== 'string' || !value.includes('vault:')) return [];
    const at = place.at('config', field);
    const missing = (problem: string, remedy: string): Finding[] => [
      { code: 'vault-missing', level: 'error', place: at, problem, remedy },
    ];
    const reference = vaultReference(value);
    if (!reference)
      return missing(`${field}: this is no vault reference`, 'write it as {vault://<prefix>/<secret>}');
    const known = [...prefixes, ...BACKENDS];
    if (known.includes(reference.prefix)) return [];
    const remedy = didYouMean(reference.prefix, known) ?? 'add a vault with this prefix';
    return missing(`${field}: there is no vault with the prefix of its reference`, remedy);
  });
}

const REFERENCEABLE = Object.entries(pluginConfig.shape)
  .filter(([, type]) => fieldMeta.get(type)?.referenceable)
  .map(([name]) => name);

function vaultOf({ fields, place }: VaultEntity): Finding[] {
  const invalid = (field: string, problem: string, remedy: string): Finding => ({
    code: 'invalid-vault',
    level: 'error',
    place: place.at(field),
    problem,
    remedy,
  });
  const { name, prefix } = fields;
  const misspelt = typeof name === 'string' && !BACKENDS.includes(name) && didYouMean(name, BACKENDS);
  return [
    ...(misspelt ? [invalid('name', 'name: Kong has no vault of this kind', misspelt)] : []),
    ...(typeof prefix !== 'string' || BACKENDS.includes(prefix) || !PREFIX.test(prefix)
      ? [
          invalid(
            'prefix',
            'prefix: Kong refuses it',
            'small letters, digits and hyphens, and not the name of a vault of Kong: such as env-aidr',
          ),
        ]
      : []),
  ];
}

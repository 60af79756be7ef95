/** What our plugins themselves would refuse when Kong starts an instance, and what they would warn about. */
import { ConfigurationError } from '../../../config/load.ts';
import { fieldMeta, pluginConfig } from '../../../config/schema.ts';
import { createInspector } from '../../../inspection/create-inspector.ts';
import type { Finding } from '../finding.ts';
import type { Deployment, OurPlugin, Table } from '../model.ts';
import { isVaultReference } from '../vault-reference.ts';

export function configuration({ plugins }: Deployment): Finding[] {
  return [...plugins.flatMap(configurationOf), ...plugins.filter(isDisabled).map(disabled)];
}

function configurationOf({ place, config, direction }: OurPlugin): Finding[] {
  try {
    const { warnings } = createInspector(withSecrets(config), direction);
    return warnings.map((problem) => ({ level: 'info', place, problem }));
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return [{ level: 'error', place, problem: error.message }];
  }
}

/** Secrets stay where they are: any word stands for them. */
function withSecrets(config: Table): Table {
  const resolved = Object.entries(config).map(([name, value]) => {
    const type = Object.entries(pluginConfig.shape).find(([field]) => field === name)?.[1];
    const isResolved = type && fieldMeta.get(type)?.referenceable && isVaultReference(value);
    return [name, isResolved ? 'secret' : value];
  });
  return Object.fromEntries(resolved);
}

function isDisabled({ fields }: OurPlugin): boolean {
  return fields.enabled === false;
}

function disabled({ place }: OurPlugin): Finding {
  return { level: 'info', place, problem: 'it is disabled' };
}

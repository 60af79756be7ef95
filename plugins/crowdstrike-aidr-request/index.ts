/**
 * `crowdstrike-aidr-request`: asks AIDR about each prompt in Kong's access phase.
 *
 * The exports are what kong-pdk expects of a plugin module.
 */
import packageJson from '../../package.json' with { type: 'json' };
import { kongFields } from '../../src/config/kong-schema.ts';
import { pluginConfig } from '../../src/config/schema.ts';
import { type StartedGuard, startGuard } from '../../src/guard/start.ts';
import type { Pdk } from '../../src/kong/pdk.ts';
import { runAccess } from '../shared/access-phase.ts';
import { guardRequest } from './access.ts';
import { NAME } from './name.ts';

export const Name = NAME;
export const Version = packageJson.version;
/** Below authentication, above Kong's own AI plugins: it sees the client's format. */
export const Priority = 780;
export const Schema = kongFields(pluginConfig);

export class Plugin {
  readonly #started: StartedGuard;

  /** @throws ConfigurationError Kong then answers every request on this instance with 500 */
  constructor(config: unknown) {
    this.#started = startGuard(config, 'request');
  }

  async access(kong: Pdk): Promise<void> {
    const { guard } = this.#started;
    await runAccess(kong, NAME, this.#started, (exchange) => guardRequest(guard, exchange));
  }
}

/**
 * `crowdstrike-aidr-response`: asks AIDR about each answer in Kong's response phase.
 *
 * The exports are what kong-pdk expects of a plugin module.
 */
import packageJson from '../../package.json' with { type: 'json' };
import { kongFields } from '../../src/config/kong-schema.ts';
import { pluginConfig } from '../../src/config/schema.ts';
import { type StartedGuard, startGuard } from '../../src/guard/start.ts';
import type { Pdk } from '../../src/kong/pdk.ts';
import { runPhase } from '../../src/kong/phase.ts';
import { runAccess } from '../shared/access-phase.ts';
import { bugEnd } from '../shared/ending.ts';
import { GuardWatch } from './guard-watch.ts';
import { NAME } from './name.ts';
import { guardAccess, guardResponse } from './response.ts';

export const Name = NAME;
export const Version = packageJson.version;
/** Below Kong's own AI plugins: in access it sees what they made of the request. */
export const Priority = 760;
export const Schema = kongFields(pluginConfig);

export class Plugin {
  readonly #started: StartedGuard;
  readonly #watch = new GuardWatch();

  /** @throws ConfigurationError Kong then answers every request on this instance with 500 */
  constructor(config: unknown) {
    this.#started = startGuard(config, 'response');
  }

  async access(kong: Pdk): Promise<void> {
    const { guard } = this.#started;
    await runAccess(kong, NAME, this.#started, (exchange) => guardAccess(guard, exchange));
  }

  /** Having this phase makes Kong read the whole answer before the client sees any of it. */
  async response(kong: Pdk): Promise<void> {
    const { guard } = this.#started;
    await runPhase(kong, NAME, (exchange) => guardResponse(guard, this.#watch, exchange), bugEnd('response'));
  }
}

/**
 * `crowdstrike-aidr-response`: asks AIDR about each answer in Kong's response phase.
 *
 * The exports are what kong-pdk expects of a plugin module.
 */
import packageJson from '../../package.json' with { type: 'json' };
import { kongFields } from '../../src/config/kong-schema.ts';
import { pluginConfig } from '../../src/config/schema.ts';
import type { BodyReservation } from '../../src/kong/body-reservation.ts';
import { Exchange } from '../../src/kong/exchange.ts';
import type { Pdk } from '../../src/kong/pdk.ts';
import { Instance } from '../shared/instance.ts';
import { runGuarded } from '../shared/run.ts';
import { GuardWatch } from './guard-watch.ts';
import { RESPONSE_MARK, UPSTREAM_MARK } from './mark.ts';
import { NAME } from './name.ts';
import { guardAccess, guardResponse } from './response.ts';

export const Name = NAME;
export const Version = packageJson.version;
/** Below Kong's own AI plugins: in access it sees what they made of the request. */
export const Priority = 760;
export const Schema = kongFields(pluginConfig);

export class Plugin {
  readonly #instance: Instance;
  readonly #watch = new GuardWatch();
  /** The plugin server must not refuse in our name either. */
  readonly neverRefuses: boolean;

  /** @throws ConfigurationError Kong then answers every request on this instance with 500 */
  constructor(config: unknown) {
    this.#instance = new Instance(NAME, 'response', config);
    this.neverRefuses = this.#instance.isAudit;
  }

  async access(kong: Pdk, bodies?: BodyReservation): Promise<void> {
    const refusing = { leg: 'request', mark: UPSTREAM_MARK } as const;
    await runGuarded(new Exchange(kong, bodies), this.#instance, refusing, (exchange) =>
      guardAccess(this.#instance, exchange),
    );
  }

  /** Having this phase makes Kong read the whole answer before the client sees any of it. */
  async response(kong: Pdk, bodies?: BodyReservation): Promise<void> {
    const refusing = { leg: 'response', mark: RESPONSE_MARK } as const;
    await runGuarded(new Exchange(kong, bodies), this.#instance, refusing, (exchange) =>
      guardResponse(this.#instance, this.#watch, exchange),
    );
  }
}

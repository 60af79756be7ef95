/**
 * `crowdstrike-aidr-response`: asks AIDR about each answer in Kong's response phase.
 *
 * The exports are what kong-pdk expects of a plugin module.
 */
import packageJson from '../../package.json' with { type: 'json' };
import { kongFields } from '../../src/config/kong-schema.ts';
import { PLUGIN_NAMES } from '../../src/config/plugin-name.ts';
import { pluginConfig } from '../../src/config/schema.ts';
import type { Refuser } from '../../src/inspection/refusal/refuser.ts';
import type { BodyReservation } from '../../src/kong/body-reservation.ts';
import { KongRequest } from '../../src/kong/kong-request.ts';
import type { Pdk } from '../../src/kong/pdk.ts';
import { GuardWatch } from '../shared/guard-watch.ts';
import { Instance } from '../shared/instance.ts';
import { runInspectionPhase } from '../shared/run-inspection-phase.ts';
import { RESPONSE_MARKER, UPSTREAM_MARKER } from './markers.ts';
import { inspectResponse, prepareResponse } from './response.ts';

export const Name = PLUGIN_NAMES.response;
export const Version = packageJson.version;
/** Below Kong's own AI plugins: in access it sees what they made of the request. */
export const Priority = 760;
export const Schema = kongFields(pluginConfig);

export class Plugin {
  readonly #instance: Instance;
  readonly #watch = new GuardWatch(Name);
  /** For the plugin server, which may have to refuse in place of the plugin. */
  readonly refuser: Refuser;

  /** @throws ConfigurationError Kong then answers every request on this instance with 500 */
  constructor(config: unknown) {
    this.#instance = new Instance(Name, 'response', config);
    this.refuser = this.#instance;
  }

  async access(kong: Pdk, bodies?: BodyReservation): Promise<void> {
    const refusing = { direction: 'request', marker: UPSTREAM_MARKER } as const;
    await runInspectionPhase(new KongRequest(kong, bodies), this.#instance, refusing, (kongRequest) =>
      prepareResponse(this.#instance, this.#watch, kongRequest),
    );
  }

  /** Having this phase makes Kong read the whole answer before the client sees any of it. */
  async response(kong: Pdk, bodies?: BodyReservation): Promise<void> {
    const refusing = { direction: 'response', marker: RESPONSE_MARKER } as const;
    await runInspectionPhase(new KongRequest(kong, bodies), this.#instance, refusing, (kongRequest) =>
      inspectResponse(this.#instance, this.#watch, kongRequest),
    );
  }
}

/**
 * `crowdstrike-aidr-request`: asks AIDR about each prompt in Kong's access phase.
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
import { Instance } from '../shared/instance.ts';
import { EMPTY_REQUEST_MARKER } from '../shared/request-context.ts';
import { registerRequestInstance } from '../shared/request-instances.ts';
import { runInspectionPhase } from '../shared/run-inspection-phase.ts';
import { inspectRequest } from './access.ts';
import { relayPrompt } from './relay.ts';

export const Name = PLUGIN_NAMES.request;
export const Version = packageJson.version;
/** Below authentication, above Kong's own AI plugins: it sees the client's format. */
export const Priority = 780;
export const Schema = kongFields(pluginConfig);

export class Plugin {
  readonly #instance: Instance;
  /** For the plugin server, which may have to refuse in place of the plugin. */
  readonly refuser: Refuser;

  /** @throws ConfigurationError Kong then answers every request on this instance with 500 */
  constructor(config: unknown) {
    this.#instance = new Instance(Name, 'request', config);
    this.refuser = this.#instance;
    registerRequestInstance(this.#instance);
  }

  async access(kong: Pdk, bodies?: BodyReservation): Promise<void> {
    const refusing = { direction: 'request', marker: EMPTY_REQUEST_MARKER } as const;
    const isRelayed = this.#instance.inspector.config.placement === 'relay';
    const phase = isRelayed ? relayPrompt : inspectRequest;
    await runInspectionPhase(new KongRequest(kong, bodies), this.#instance, refusing, (kongRequest) =>
      phase(this.#instance, kongRequest),
    );
  }
}

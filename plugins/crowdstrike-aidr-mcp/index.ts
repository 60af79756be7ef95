/**
 * `crowdstrike-aidr-mcp`: asks AIDR about the messages between agents and servers of MCP, in both directions.
 *
 * The exports are what kong-pdk expects of a plugin module.
 */
import packageJson from '../../package.json' with { type: 'json' };
import { kongFields } from '../../src/config/kong-schema.ts';
import { mcpConfig } from '../../src/config/mcp-schema.ts';
import { MCP_PLUGIN_NAME } from '../../src/config/plugin-name.ts';
import type { Refuser } from '../../src/inspection/refusal/refuser.ts';
import type { BodyReservation } from '../../src/kong/body-reservation.ts';
import { KongRequest } from '../../src/kong/kong-request.ts';
import type { Pdk } from '../../src/kong/pdk.ts';
import type { Exchange } from '../../src/protocols/protocol.ts';
import { GuardWatch } from '../shared/guard-watch.ts';
import { MessageInstance } from '../shared/message-instance.ts';
import { runInspectionPhase } from '../shared/run-inspection-phase.ts';
import { inspectRequest } from './access.ts';
import { EMPTY_EXCHANGE_MARKER, RESPONSE_MARKER } from './exchange-context.ts';
import { relayMessages } from './relay.ts';
import { inspectResponse } from './response.ts';

export const Name = MCP_PLUGIN_NAME;
export const Version = packageJson.version;
/**
 * Above ai-mcp-proxy (820), so that it sees what the client sent; below authentication and rate limiting (900 and more), so
 * that AIDR is asked only for those who may ask.
 */
export const Priority = 850;
export const Schema = kongFields(mcpConfig);

export class Plugin {
  readonly #request: MessageInstance;
  readonly #response: MessageInstance;
  readonly #watch = new GuardWatch(Name);
  /** For the plugin server, which may have to refuse in place of the plugin. */
  readonly refuser: Refuser;

  /** @throws ConfigurationError Kong then answers every request on this instance with 500 */
  constructor(config: unknown) {
    this.#request = new MessageInstance(Name, 'request', config);
    this.#response = new MessageInstance(Name, 'response', config, this.#request);
    this.refuser = this.#request;
  }

  async access(kong: Pdk, bodies?: BodyReservation): Promise<void> {
    const refusing = { direction: 'request', marker: EMPTY_EXCHANGE_MARKER } as const;
    const both = { request: this.#request, response: this.#response, watch: this.#watch };
    await runInspectionPhase(new KongRequest(kong, bodies), this.#request, refusing, (kongRequest) =>
      this.#isRelayed ? relayMessages(both, kongRequest) : inspectRequest(this.#request, kongRequest),
    );
  }

  /** Having this phase makes Kong read the whole answer before the client sees any of it, unless the relay inspects it. */
  async response(kong: Pdk, bodies?: BodyReservation): Promise<void> {
    let exchange: Exchange | undefined;
    const refusing = {
      ...({ direction: 'response', marker: RESPONSE_MARKER } as const),
      replyToBug: () => exchange && this.#response.replyToBugIn(exchange, 'response'),
    };
    await runInspectionPhase(new KongRequest(kong, bodies), this.#response, refusing, (kongRequest) =>
      inspectResponse(this.#response, this.#watch, kongRequest, (known) => {
        exchange = known;
      }),
    );
  }

  get #isRelayed(): boolean {
    return this.#request.inspector.config.placement === 'relay';
  }
}

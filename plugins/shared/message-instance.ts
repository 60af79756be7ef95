/** An instance of the plugin for MCP. It has one for each direction, which share everything but what they report. */
import type { Direction } from '../../src/config/schema.ts';
import { createMessageInspector, type HostMessageInspector } from '../../src/inspection/create-inspector.ts';
import { unreadExchange } from '../../src/inspection/messages/read-messages.ts';
import { messageReply } from '../../src/inspection/messages/refuse-messages.ts';
import type { RefusalReply } from '../../src/inspection/refusal/refusal-to-anyone.ts';
import { failure, type Rejection } from '../../src/inspection/refusal/rejection.ts';
import type { KongRequest } from '../../src/kong/kong-request.ts';
import type { Exchange } from '../../src/protocols/protocol.ts';
import { readVerdictAnywhere } from '../../src/workers/inspect.ts';
import { AnyInstance } from './instance.ts';

export class MessageInstance extends AnyInstance<HostMessageInspector> {
  /**
   * @param other the other direction's, if that is there already
   * @throws ConfigurationError Kong then answers every request on this instance with 500
   */
  constructor(plugin: string, direction: Direction, config: unknown, other?: MessageInstance) {
    super(plugin, direction, config, (warn) =>
      other
        ? { inspector: other.inspector, warnings: [] }
        : createMessageInspector(config, readVerdictAnywhere, warn),
    );
  }

  async replyTo(_kongRequest: KongRequest, rejection: Rejection): Promise<RefusalReply> {
    return this.replyToUnknown(rejection);
  }

  /** What a client gets when a phase threw that knew which requests wait for an answer. */
  replyToBugIn(exchange: Exchange, direction: Direction): RefusalReply {
    const rejection = failure(direction, { class: 'internal', detail: '' });
    return messageReply(this.inspector, rejection, exchange);
  }

  /** Nobody has read which requests wait for an answer. */
  protected override replyToUnknown(rejection: Rejection): RefusalReply {
    return messageReply(this.inspector, rejection, unreadExchange(this.inspector));
  }
}

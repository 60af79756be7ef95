/** A phase as both plugins run it: waiting log lines first; a bug refuses the request, unless this is an audit. */
import { ANY_EXIT } from '../../src/config/guard-plugin.ts';
import type { Leg } from '../../src/config/schema.ts';
import { publish } from '../../src/guard/publish.ts';
import type { Exchange, Mark } from '../../src/kong/exchange.ts';
import { type PhaseEnd, runPhase } from '../../src/kong/phase.ts';
import { bugEnd } from './ending.ts';
import type { Instance } from './instance.ts';

/** @param refusing the leg whose words a refusal has, and the mark that an audit leaves in its place */
export function runGuarded(
  exchange: Exchange,
  instance: Instance,
  refusing: { leg: Leg; mark: Mark },
  phase: (exchange: Exchange) => Promise<PhaseEnd>,
): Promise<void> {
  const run = async () => {
    try {
      await instance.prepare(exchange);
      await instance.lines.writeWaiting(exchange);
      return await phase(exchange);
    } catch (error) {
      publish({ kind: 'broken', leg: refusing.leg });
      throw error;
    }
  };
  const onBug: PhaseEnd = instance.isAudit
    ? { kind: 'pass', mark: refusing.mark, exits: ANY_EXIT }
    : bugEnd(refusing.leg);
  return runPhase(exchange, instance.plugin, run, onBug);
}

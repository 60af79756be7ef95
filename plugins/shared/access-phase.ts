/** The access phase as both plugins run it: warnings first, and once; a bug refuses the prompt. */
import type { StartedGuard } from '../../src/guard/start.ts';
import type { Exchange } from '../../src/kong/exchange.ts';
import type { Pdk } from '../../src/kong/pdk.ts';
import { type PhaseEnd, runPhase } from '../../src/kong/phase.ts';
import { bugEnd } from './ending.ts';

export function runAccess(
  kong: Pdk,
  plugin: string,
  started: StartedGuard,
  phase: (exchange: Exchange) => Promise<PhaseEnd>,
): Promise<void> {
  const warnAndRun = async (exchange: Exchange) => {
    for (const warning of started.warnings.splice(0)) await exchange.log('warn', `${plugin}: ${warning}`);
    return phase(exchange);
  };
  return runPhase(kong, plugin, warnAndRun, bugEnd('request'));
}

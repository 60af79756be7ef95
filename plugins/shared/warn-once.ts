/** Tells the operator once an instance what its configuration says in vain. */
import type { StartedGuard } from '../../src/guard/start.ts';
import type { Exchange } from '../../src/kong/exchange.ts';

export async function warnOnce(exchange: Exchange, plugin: string, started: StartedGuard): Promise<void> {
  for (const warning of started.warnings.splice(0)) await exchange.log('warn', `${plugin}: ${warning}`);
}

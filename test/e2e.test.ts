/** The end-to-end suite: what both plugin servers do, and crashes; `e2e-apis.test.ts` has the rest. */
import { describe } from 'vitest';
import { throughEveryGateway } from '../testkit/harness/gateways/every-gateway.ts';
import { crashes } from './scenarios/crashes.ts';
import { failures } from './scenarios/failures.ts';
import { guard } from './scenarios/guard.ts';
import { happyPath } from './scenarios/happy-path.ts';
import { live } from './scenarios/live.ts';
import { observability } from './scenarios/observability.ts';
import { outcomes } from './scenarios/outcomes.ts';
import { refusals } from './scenarios/refusals.ts';

await throughEveryGateway('traffic', (driver) => {
  describe.each(['aidr', 'stock'] as const)('with the %s plugin server', (pluginServer) => {
    happyPath({ driver, pluginServer });
    failures({ driver, pluginServer });
    outcomes({ driver, pluginServer });
    refusals({ driver, pluginServer });
    live({ driver, pluginServer });
    observability({ driver, pluginServer });
  });
  // Only our own server promises this; the stock one serves a route with another route's key.
  crashes({ driver, pluginServer: 'aidr' });
  guard({ driver, pluginServer: 'aidr' });
});

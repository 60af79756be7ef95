/** The end-to-end suite with `placement: relay`: the same scenarios, inspected on the way to the provider. */
import { describe } from 'vitest';
import { throughEveryGateway } from '../testkit/harness/gateways/every-gateway.ts';
import { failures } from './scenarios/failures.ts';
import { guard } from './scenarios/guard.ts';
import { happyPath } from './scenarios/happy-path.ts';
import { live } from './scenarios/live.ts';
import { observability } from './scenarios/observability.ts';
import { outcomes } from './scenarios/outcomes.ts';
import { parallelCheck } from './scenarios/parallel-check.ts';
import { refusals } from './scenarios/refusals.ts';
import { relay } from './scenarios/relay.ts';

await throughEveryGateway('relayed traffic', (driver) => {
  describe('with the aidr plugin server', () => {
    const options = { driver, pluginServer: 'aidr', placement: 'relay' } as const;
    happyPath(options);
    // They wait for most of a minute, and what they play is decided before it matters where.
    if (process.env.AIDR_TEST_PLACEMENT === 'relay') failures(options);
    outcomes(options);
    refusals(options);
    live(options);
    observability(options);
    guard(options);
    relay({ driver, pluginServer: 'aidr' });
    parallelCheck({ driver, pluginServer: 'aidr' });
  });
});

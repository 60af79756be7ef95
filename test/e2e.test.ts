/** The end-to-end suite: every scenario through every gateway that can run here. */
import { describe, it } from 'vitest';
import { docker } from './gateways/docker.ts';
import { embedded } from './gateways/embedded.ts';
import { kong } from './gateways/kong.ts';
import { besideAiProxy } from './scenarios/ai-proxy.ts';
import { aidrClient } from './scenarios/aidr-client.ts';
import { cachedAnswers } from './scenarios/cache.ts';
import { crashes } from './scenarios/crashes.ts';
import { encryption } from './scenarios/encryption.ts';
import { failures } from './scenarios/failures.ts';
import { guard } from './scenarios/guard.ts';
import { history } from './scenarios/history.ts';
import { kongGuardrailBugs } from './scenarios/kong-guardrail-bugs/index.ts';
import { largeInputs } from './scenarios/large-inputs.ts';
import { live } from './scenarios/live.ts';
import { localRules } from './scenarios/local-rules.ts';
import { mainJob } from './scenarios/main-job.ts';
import { neighbours } from './scenarios/neighbours.ts';
import { outcomes } from './scenarios/outcomes.ts';
import { providers } from './scenarios/providers.ts';
import { refusals } from './scenarios/refusals.ts';
import { rotation } from './scenarios/rotation.ts';
import { streams } from './scenarios/streams.ts';
import { telling } from './scenarios/telling.ts';
import { toolCalls } from './scenarios/tool-calls.ts';

for (const driver of [embedded, kong, docker]) {
  const missing = await driver.missing();
  describe(`through ${driver.name}`, () => {
    if (missing !== undefined) {
      // Reported, and never counted as passed.
      it(`did not run: ${missing}`, (test) => test.skip(missing));
      return;
    }
    describe.each(['aidr', 'stock'] as const)('with the %s plugin server', (pluginServer) => {
      mainJob({ driver, pluginServer });
      failures({ driver, pluginServer });
      outcomes({ driver, pluginServer });
      refusals({ driver, pluginServer });
      live({ driver, pluginServer });
      telling({ driver, pluginServer });
    });
    providers({ driver, pluginServer: 'aidr' });
    localRules({ driver, pluginServer: 'aidr' });
    streams({ driver, pluginServer: 'aidr' });
    toolCalls({ driver, pluginServer: 'aidr' });
    besideAiProxy({ driver, pluginServer: 'aidr' });
    aidrClient({ driver, pluginServer: 'aidr' });
    history({ driver, pluginServer: 'aidr' });
    encryption({ driver, pluginServer: 'aidr' });
    kongGuardrailBugs({ driver, pluginServer: 'aidr' });
    largeInputs({ driver, pluginServer: 'aidr' });
    rotation({ driver, pluginServer: 'aidr' });
    // Only our own server promises this; the stock one serves a route with another route's key.
    crashes({ driver, pluginServer: 'aidr' });
    guard({ driver, pluginServer: 'aidr' });
    // The embedded gateway has none of these plugins.
    if (driver !== embedded) {
      cachedAnswers({ driver, pluginServer: 'aidr' });
      neighbours({ driver, pluginServer: 'aidr' });
    }
  });
}

/** The end-to-end suite, second part: the providers' APIs, other plugins, and AIDR's. */
import { embedded } from '../testkit/harness/gateways/embedded.ts';
import { throughEveryGateway } from '../testkit/harness/gateways/every-gateway.ts';
import { besideAiProxy } from './scenarios/ai-proxy.ts';
import { aidrClient } from './scenarios/aidr-client.ts';
import { cachedAnswers } from './scenarios/cache.ts';
import { changedPrompts, changedPromptsElsewhere } from './scenarios/changed-prompts.ts';
import { clientRefusals } from './scenarios/client-refusals.ts';
import { encryption } from './scenarios/encryption.ts';
import { endpoints } from './scenarios/endpoints.ts';
import { history } from './scenarios/history.ts';
import { identity } from './scenarios/identity.ts';
import { kongGuardrailBugs } from './scenarios/kong-guardrail-bugs/index.ts';
import { largeInputs } from './scenarios/large-inputs.ts';
import { liveEndings } from './scenarios/live-endings.ts';
import { localRules } from './scenarios/local-rules.ts';
import { displacedGuards, neighbours } from './scenarios/neighbours.ts';
import { providers } from './scenarios/providers.ts';
import { refusedReplacements } from './scenarios/refused-replacements.ts';
import { replacedResults } from './scenarios/replaced-results.ts';
import { rotation } from './scenarios/rotation.ts';
import { signedThinking } from './scenarios/signed-thinking.ts';
import { streams } from './scenarios/streams.ts';
import { toolCalls } from './scenarios/tool-calls.ts';

await throughEveryGateway('APIs', (driver) => {
  providers({ driver, pluginServer: 'aidr' });
  clientRefusals({ driver, pluginServer: 'aidr' });
  endpoints({ driver, pluginServer: 'aidr' });
  localRules({ driver, pluginServer: 'aidr' });
  streams({ driver, pluginServer: 'aidr' });
  liveEndings({ driver, pluginServer: 'aidr' });
  toolCalls({ driver, pluginServer: 'aidr' });
  besideAiProxy({ driver, pluginServer: 'aidr' });
  changedPrompts({ driver, pluginServer: 'aidr' });
  displacedGuards({ driver, pluginServer: 'aidr' });
  changedPromptsElsewhere({ driver, pluginServer: 'stock' });
  aidrClient({ driver, pluginServer: 'aidr' });
  history({ driver, pluginServer: 'aidr' });
  replacedResults({ driver, pluginServer: 'aidr' });
  signedThinking({ driver, pluginServer: 'aidr' });
  refusedReplacements({ driver, pluginServer: 'aidr' });
  identity({ driver, pluginServer: 'aidr' });
  encryption({ driver, pluginServer: 'aidr' });
  kongGuardrailBugs({ driver, pluginServer: 'aidr' });
  largeInputs({ driver, pluginServer: 'aidr' });
  rotation({ driver, pluginServer: 'aidr' });
  // The embedded gateway has none of these plugins.
  if (driver !== embedded) {
    cachedAnswers({ driver, pluginServer: 'aidr' });
    neighbours({ driver, pluginServer: 'aidr' });
  }
});

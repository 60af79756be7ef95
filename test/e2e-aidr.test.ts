/** The end-to-end suite: what is asked of AIDR, what it knows already, and what becomes of its verdicts. */
import { throughEveryGateway } from '../testkit/harness/gateways/every-gateway.ts';
import { aidrClient } from './scenarios/aidr-client.ts';
import { encryption } from './scenarios/encryption.ts';
import { history } from './scenarios/history.ts';
import { identity } from './scenarios/identity.ts';
import { kongGuardrailBugs } from './scenarios/kong-guardrail-bugs/index.ts';
import { largeInputs } from './scenarios/large-inputs.ts';
import { refusedReplacements } from './scenarios/refused-replacements.ts';
import { replacedResults } from './scenarios/replaced-results.ts';
import { rotation } from './scenarios/rotation.ts';
import { signedThinking } from './scenarios/signed-thinking.ts';

await throughEveryGateway('AIDR', (driver) => {
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
});

/** The end-to-end suite: the providers' APIs, and other plugins. */
import { embedded } from '../testkit/harness/gateways/embedded.ts';
import { throughEveryGateway } from '../testkit/harness/gateways/every-gateway.ts';
import { kong } from '../testkit/harness/gateways/kong.ts';
import { besideAiProxy } from './scenarios/ai-proxy.ts';
import { answeringNeighbours } from './scenarios/answering-neighbours.ts';
import { bidirectionalStreams } from './scenarios/bidirectional-streams.ts';
import { cachedAnswers } from './scenarios/cache.ts';
import { changedPrompts, changedPromptsElsewhere } from './scenarios/changed-prompts.ts';
import { clientRefusals } from './scenarios/client-refusals.ts';
import { endpoints } from './scenarios/endpoints.ts';
import { enterpriseNeighbours } from './scenarios/enterprise-neighbours.ts';
import { liveEndings } from './scenarios/live-endings.ts';
import { localRules } from './scenarios/local-rules.ts';
import { displacedGuards, neighbours } from './scenarios/neighbours.ts';
import { otherProtocols } from './scenarios/other-protocols.ts';
import { providers } from './scenarios/providers.ts';
import { serverEndpoints } from './scenarios/server-endpoints.ts';
import { streams } from './scenarios/streams.ts';
import { toolCalls } from './scenarios/tool-calls.ts';

await throughEveryGateway('APIs', (driver) => {
  providers({ driver, pluginServer: 'aidr' });
  clientRefusals({ driver, pluginServer: 'aidr' });
  endpoints({ driver, pluginServer: 'aidr' });
  serverEndpoints({ driver, pluginServer: 'aidr' });
  bidirectionalStreams({ driver, pluginServer: 'aidr' });
  localRules({ driver, pluginServer: 'aidr' });
  streams({ driver, pluginServer: 'aidr' });
  liveEndings({ driver, pluginServer: 'aidr' });
  toolCalls({ driver, pluginServer: 'aidr' });
  besideAiProxy({ driver, pluginServer: 'aidr' });
  changedPrompts({ driver, pluginServer: 'aidr' });
  answeringNeighbours({ driver, pluginServer: 'aidr' });
  enterpriseNeighbours({ driver, pluginServer: 'aidr' });
  displacedGuards({ driver, pluginServer: 'aidr' });
  changedPromptsElsewhere({ driver, pluginServer: 'stock' });
  // The embedded gateway has none of these plugins.
  if (driver !== embedded) {
    cachedAnswers({ driver, pluginServer: 'aidr' });
    neighbours({ driver, pluginServer: 'aidr' });
  }
  // In a container neither its listeners nor its files would be ours.
  if (driver === kong) otherProtocols({ driver, pluginServer: 'aidr' });
});

/** Sessions of coding agents. */
import { throughEveryGateway } from '../testkit/harness/gateways/every-gateway.ts';
import { agentMemory } from './scenarios/agent-memory.ts';

await throughEveryGateway('agents', (driver) => {
  agentMemory({ driver, pluginServer: 'aidr' });
});

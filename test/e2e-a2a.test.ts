/** The plugin for MCP with agents that speak A2A, end to end. */
import { throughEveryGateway } from '../testkit/harness/gateways/every-gateway.ts';
import { a2aClients } from './scenarios/a2a-clients.ts';

await throughEveryGateway('A2A', (driver) => {
  a2aClients({ driver, pluginServer: 'aidr' });
});

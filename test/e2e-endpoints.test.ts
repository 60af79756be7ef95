/** The end-to-end suite: every endpoint of docs/endpoints.md. */
import { throughEveryGateway } from '../testkit/harness/gateways/every-gateway.ts';
import { everyEndpoint } from './scenarios/every-endpoint.ts';

await throughEveryGateway('endpoints', (driver) => {
  everyEndpoint({ driver, pluginServer: 'aidr' });
});

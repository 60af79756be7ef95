/** The end-to-end suite: crashes, and the guard. Only our own server promises this; the stock one serves a route with another route's key. */
import { throughEveryGateway } from '../testkit/harness/gateways/every-gateway.ts';
import { crashes } from './scenarios/crashes.ts';
import { guard } from './scenarios/guard.ts';

await throughEveryGateway('traffic', (driver) => {
  crashes({ driver, pluginServer: 'aidr' });
  guard({ driver, pluginServer: 'aidr' });
});

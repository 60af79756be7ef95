/** The end-to-end suite: what both plugin servers do, with Kong's stock one. */
import { throughEveryGateway } from '../testkit/harness/gateways/every-gateway.ts';
import { traffic } from './scenarios/traffic.ts';

await throughEveryGateway('traffic', (driver) => traffic({ driver, pluginServer: 'stock' }));

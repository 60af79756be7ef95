/** The end-to-end suite: what both plugin servers do, with our own; the files beside this one have the rest. */
import { throughEveryGateway } from '../testkit/harness/gateways/every-gateway.ts';
import { traffic } from './scenarios/traffic.ts';

await throughEveryGateway('traffic', (driver) => traffic({ driver, pluginServer: 'aidr' }));

/** The end-to-end suite: every method of the official clients. */
import { throughEveryGateway } from '../testkit/harness/gateways/every-gateway.ts';
import { everyMethod } from './scenarios/every-method.ts';

await throughEveryGateway('methods', (driver) => {
  everyMethod({ driver, pluginServer: 'aidr' });
});

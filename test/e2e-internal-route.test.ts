/** The relay with an internal route of Kong behind it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { throughEveryGateway } from '../testkit/harness/gateways/every-gateway.ts';
import { internalRoute } from './scenarios/internal-route.ts';

const folder = await mkdtemp(join(tmpdir(), 'aidr-internal-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

await throughEveryGateway('the internal route', (driver) => {
  internalRoute({ driver, pluginServer: 'aidr' }, folder);
});

/** The embedded gateway of testkit/harness/: behaves as Kong does, bad habits included, and always runs. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGateway } from '../../kong-emulator/index.ts';
import { pluginServers } from '../plugin-servers.ts';
import type { GatewayDriver } from './driver.ts';
import { scrape } from './metrics.ts';
import { killAll, pluginServerPids, servingPid } from './plugin-server-pids.ts';
import { serverOptions } from './plugin-server-settings.ts';

export const embedded: GatewayDriver = {
  name: 'the embedded gateway',

  async missing() {
    return undefined;
  },

  async start({
    configuration,
    env,
    pluginServer,
    besides,
    workers = 1,
    isObserved = true,
    caFile,
    serverOptions: further = [],
  }) {
    const folder = await mkdtemp(join(tmpdir(), 'aidr-gateway-'));
    // Read at every resolution of a reference.
    const vault = { ...env };
    try {
      const gateway = await startGateway({
        configuration,
        env: vault,
        workers,
        ...(besides ? { luaPlugins: besides } : {}),
        pluginServers: pluginServers(pluginServer, folder, serverOptions({ isObserved, caFile, further })),
      });
      await gateway.ready();
      const log = () => gateway.logs.map(({ level, message }) => `[${level}] ${message}`).join('\n');
      return {
        url: gateway.url,
        log,
        ...(pluginServer === 'aidr' ? { metrics: () => scrape(log) } : {}),
        pluginServerPids: () => pluginServerPids(folder),
        servingPid: () => servingPid(folder),
        // The record is JSON by the time a log plugin writes it.
        records: async () => JSON.parse(JSON.stringify(gateway.accessLog)),
        async killPluginServers() {
          killAll(pluginServerPids(folder));
        },
        reload: (changed) => gateway.reload(changed),
        processes: async () => ({ workers: [process.pid], pluginServers: pluginServerPids(folder) }),
        rotate(name, value) {
          vault[name] = value;
        },
        async stop() {
          await gateway.stop();
          await rm(folder, { recursive: true, force: true });
        },
      };
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  },
};

/** The embedded gateway of testkit/harness/: behaves as Kong does, bad habits included, and always runs. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGateway } from '../../kong-emulator/index.ts';
import { pluginServers } from '../plugin-servers.ts';
import type { GatewayDriver, LogRecord } from './driver.ts';
import { scrape } from './metrics.ts';
import { killAll, pluginServerPids, servingPid } from './plugin-server-pids.ts';
import { serverOptions } from './plugin-server-settings.ts';

type Logged = Awaited<ReturnType<typeof startGateway>>['accessLog'][number];

const written = new WeakMap<Logged, LogRecord>();

/** It is JSON by the time a log plugin writes it. Whoever waits for a record asks again and again for all of them. */
function asWritten(record: Logged): LogRecord {
  const known = written.get(record);
  if (known) return known;
  const read: LogRecord = JSON.parse(JSON.stringify(record));
  written.set(record, read);
  return read;
}

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
    port = 0,
    workers = 1,
    isObserved = true,
    caFile,
    serverOptions: further = [],
  }) {
    const folder = await mkdtemp(join(tmpdir(), 'aidr-gateway-'));
    // Read at every resolution of a reference.
    const vault = { ...env };
    const options = serverOptions({ isObserved, caFile, further });
    try {
      const gateway = await startGateway({
        configuration,
        env: vault,
        port,
        workers,
        ...(besides ? { luaPlugins: besides } : {}),
        pluginServers: pluginServers(pluginServer, folder, options, configuration),
      });
      await gateway.ready();
      const log = () => gateway.logs.map(({ level, message }) => `[${level}] ${message}`).join('\n');
      return {
        url: gateway.url,
        log,
        ...(pluginServer === 'aidr' ? { metrics: () => scrape(log) } : {}),
        pluginServerPids: () => pluginServerPids(folder),
        servingPid: () => servingPid(folder),
        records: async () => gateway.accessLog.map(asWritten),
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

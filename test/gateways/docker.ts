/** The Dockerfile's image, when a Docker daemon answers: what users really run. */
import { resolve } from 'node:path';
import { GenericContainer, getContainerRuntimeClient, Wait } from 'testcontainers';
import type { GatewayDriver } from './driver.ts';
import { recordsIn, withFileLog } from './records.ts';

const root = resolve(import.meta.dirname, '../..');

const DECLARATIVE = '/usr/local/kong/declarative/kong.yaml';
/** The image has no pkill. */
const KILL_PLUGIN_SERVERS =
  'for p in $(grep -ls pluginserver /proc/[0-9]*/cmdline | cut -d/ -f3); do kill -9 $p; done; true';

/** The container's own log. */
const PRINTED = '/dev/stdout';

export const docker: GatewayDriver = {
  name: 'docker',

  async missing() {
    return getContainerRuntimeClient().then(
      () => undefined,
      () => 'no Docker daemon answers',
    );
  },

  async start({ configuration, env, workers = 1 }) {
    const image = await GenericContainer.fromDockerfile(root).build();
    let log = '';
    const container = await image
      // The emulator and the mock provider listen on the host's loopback, under the same addresses as there.
      .withNetworkMode('host')
      .withEnvironment({
        ...env,
        KONG_DATABASE: 'off',
        KONG_DECLARATIVE_CONFIG: DECLARATIVE,
        KONG_NGINX_WORKER_PROCESSES: String(workers),
        KONG_ADMIN_LISTEN: 'off',
        KONG_PROXY_LISTEN: '127.0.0.1:18000 http2',
        KONG_LOG_LEVEL: 'info',
      })
      .withCopyContentToContainer([
        { content: withFileLog(configuration, PRINTED), target: DECLARATIVE, mode: 0o644 },
      ])
      .withLogConsumer((stream) => {
        stream.on('data', (line) => {
          log += line;
        });
      })
      .withWaitStrategy(Wait.forHealthCheck())
      .start();
    return {
      url: 'http://127.0.0.1:18000',
      log: () => log,
      records: async () => recordsIn(log),
      async killPluginServers() {
        await container.exec(['sh', '-c', KILL_PLUGIN_SERVERS], { user: 'root' });
      },
      async reload(changed) {
        await container.copyContentToContainer([
          { content: withFileLog(changed, PRINTED), target: DECLARATIVE, mode: 0o644 },
        ]);
        await container.exec(['kong', 'reload']);
      },
      async stop() {
        await container.stop();
      },
    };
  },
};

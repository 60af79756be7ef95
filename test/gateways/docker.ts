/** The Dockerfile's image, when a Docker daemon answers: what users really run. */
import { resolve } from 'node:path';
import { GenericContainer, getContainerRuntimeClient, Wait } from 'testcontainers';
import { parse, stringify } from 'yaml';
import type { GatewayDriver, LogRecord } from './driver.ts';

const root = resolve(import.meta.dirname, '../..');

const DECLARATIVE = '/usr/local/kong/declarative/kong.yaml';
/** The image has no pkill. */
const KILL_PLUGIN_SERVERS =
  'for p in $(grep -ls pluginserver /proc/[0-9]*/cmdline | cut -d/ -f3); do kill -9 $p; done; true';

/** Adds Kong's own file-log, on every route, which writes to what the container prints. */
function withRecords(configuration: string): string {
  const { plugins = [], ...rest } = parse(configuration);
  return stringify({ ...rest, plugins: [...plugins, { name: 'file-log', config: { path: '/dev/stdout' } }] });
}

function jsonLines(log: string): LogRecord[] {
  return log
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}

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
        KONG_PROXY_LISTEN: '127.0.0.1:18000',
        KONG_LOG_LEVEL: 'info',
      })
      .withCopyContentToContainer([{ content: withRecords(configuration), target: DECLARATIVE, mode: 0o644 }])
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
      records: async () => jsonLines(log),
      async killPluginServers() {
        await container.exec(['sh', '-c', KILL_PLUGIN_SERVERS], { user: 'root' });
      },
      async reload(changed) {
        await container.copyContentToContainer([
          { content: withRecords(changed), target: DECLARATIVE, mode: 0o644 },
        ]);
        await container.exec(['kong', 'reload']);
      },
      async stop() {
        await container.stop();
      },
    };
  },
};

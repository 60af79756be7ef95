/** The Dockerfile's image, when a Docker daemon answers: what users really run. `KONG_IMAGE` names another base image. */
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { GenericContainer, getContainerRuntimeClient, type StartedTestContainer, Wait } from 'testcontainers';
import { PLUGINS, pluginServers } from '../plugin-servers.ts';
import type { GatewayDriver, GatewaySetup, RunningGateway } from './driver.ts';
import { freePort } from './free-port.ts';
import { METRICS, scrape } from './metrics.ts';
import { pluginServerSettings } from './plugin-server-settings.ts';
import { recordsIn, withFileLog } from './records.ts';
import { reloadKong } from './until.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../../..');

export const IMAGE = 'kong-crowdstrike-aidr-under-test';
const START_COMMAND = 'KONG_PLUGINSERVER_AIDR_REQUEST_START_CMD';
/** In the image. */
const NODE = '/usr/local/bin/node';
/** In a container: the gateway's folder on the host. */
const SHARED = '/aidr-test';
/** In a container: Lua plugins beside ours. */
const LUA_FOLDER = '/aidr-lua';
const CONFIGURATION = 'kong.yaml';
const RECORDS = 'records.ndjson';

/** Known by their program, so that no shell that names them is killed; the image has no pkill. */
const KILL_PLUGIN_SERVERS = `for process in /proc/[0-9]*; do
  test "$(readlink $process/exe)" = ${NODE} && kill -9 \${process#/proc/}
done; true`;

/** The plugins' lines in Kong's log, which the image's standard output has once more. */
const TOLD_TWICE = /^\{"time":.*"source":"crowdstrike-aidr-.*\n/gm;

/** Milliseconds, for a Kong that starts while others do. */
const START_LIMIT = 180_000;

/** With what differs when another server has bound them. */
const LIST_SOCKETS = 'stat --format "%n %i %z" /run/crowdstrike-aidr/*.sock 2>/dev/null; true';

export const docker: GatewayDriver = {
  name: 'docker',

  async missing() {
    const hasDaemon = await getContainerRuntimeClient().then(
      () => true,
      () => false,
    );
    if (!hasDaemon) return 'no Docker daemon answers';
    // Here, because collecting tests has no time limit and the first build takes minutes.
    await buildImage();
    return undefined;
  },

  async start(setup) {
    const folder = await mkdtemp(join(tmpdir(), 'aidr-docker-'));
    // The user in the container is another one.
    await chmod(folder, 0o777);
    const removeFolder = () => rm(folder, { recursive: true, force: true });
    try {
      const gateway = await startContainer(setup, folder);
      return { ...gateway, stop: () => gateway.stop().finally(removeFolder) };
    } catch (error) {
      await removeFolder();
      throw error;
    }
  },
};

/** As the README says. A build that fails leaves the image of the build before, so its error must not get lost. */
async function buildImage(): Promise<void> {
  const base = process.env.KONG_IMAGE;
  await run('docker', [
    'build',
    '--tag',
    IMAGE,
    ...(base ? ['--build-arg', `KONG_IMAGE=${base}`] : []),
    root,
  ]);
}

async function startContainer(setup: GatewaySetup, folder: string): Promise<RunningGateway> {
  const configure = (configuration: string) =>
    writeFile(join(folder, CONFIGURATION), withFileLog(configuration, `${SHARED}/${RECORDS}`));
  await configure(setup.configuration);
  const port = setup.port || (await freePort());
  let log = '';
  const container = await containerOf(setup)
    .withBindMounts([
      { source: folder, target: SHARED },
      ...(setup.pluginServer === 'stock' ? STOCK_FOLDERS : []),
      ...(setup.besides ? [{ source: setup.besides.folder, target: LUA_FOLDER, mode: 'ro' as const }] : []),
    ])
    // The emulator and the mock provider listen on the host's loopback, under the same addresses as there.
    .withNetworkMode('host')
    .withEnvironment({
      ...setup.env,
      KONG_DATABASE: 'off',
      KONG_DECLARATIVE_CONFIG: `${SHARED}/${CONFIGURATION}`,
      KONG_NGINX_WORKER_PROCESSES: String(setup.workers ?? 1),
      KONG_PROXY_LISTEN: `127.0.0.1:${port} http2`,
      // Several run at once, and the host's ports are theirs.
      KONG_ADMIN_LISTEN: 'off',
      KONG_ADMIN_GUI_LISTEN: 'off',
      KONG_STATUS_LISTEN: 'off',
      KONG_ANONYMOUS_REPORTS: 'off',
      KONG_LOG_LEVEL: 'info',
      ...(setup.pluginServer === 'stock'
        ? pluginServerSettings(stockServers())
        : { [START_COMMAND]: await startCommand() }),
      ...besidesSettings(setup.besides),
      ...setup.settings,
    })
    .withLogConsumer((stream) => {
      stream.on('data', (line) => {
        log += line;
      });
    })
    .withWaitStrategy(Wait.forHealthCheck().withStartupTimeout(START_LIMIT))
    .start();
  return {
    url: `http://127.0.0.1:${port}`,
    log: () => log.replaceAll(TOLD_TWICE, ''),
    ...(setup.pluginServer === 'aidr' ? { metrics: () => scrape(() => log) } : {}),
    records: async () => recordsIn(await readFile(join(folder, RECORDS), 'utf8').catch(() => '')),
    async killPluginServers() {
      await inContainer(container, ['sh', '-c', KILL_PLUGIN_SERVERS]);
    },
    async reload(changed) {
      await configure(changed);
      await reloadKong(
        () => inContainer(container, ['kong', 'reload']),
        () => log,
        async () => (await inContainer(container, ['sh', '-c', LIST_SOCKETS])).split('\n').filter(Boolean),
      );
    },
    async stop() {
      await container.stop();
    },
  };
}

/** The image's own, but for the port of the metrics: several run at once, and the host's ports are theirs. */
async function startCommand(): Promise<string> {
  const format = '{{range .Config.Env}}{{println .}}{{end}}';
  const { stdout } = await run('docker', ['image', 'inspect', '--format', format, IMAGE]);
  const [, command = ''] = new RegExp(`^${START_COMMAND}=(.*)$`, 'm').exec(stdout) ?? [];
  return command.replace(/--metrics \S+/, METRICS.join(' '));
}

function besidesSettings(besides: GatewaySetup['besides']): Record<string, string> {
  if (!besides) return {};
  return {
    KONG_LUA_PACKAGE_PATH: `${LUA_FOLDER}/?.lua;;`,
    KONG_PLUGINS: ['bundled', ...PLUGINS, ...besides.names].join(','),
  };
}

/** The image as it is for our own plugin server; for the stock one, which it does not have, with other commands. */
function containerOf({ pluginServer }: GatewaySetup): GenericContainer {
  const container = new GenericContainer(IMAGE);
  if (pluginServer === 'aidr') return container;
  const listens = stockServers().map(({ socket }) => `test -S ${socket}`);
  const test: ['CMD-SHELL', string] = ['CMD-SHELL', ['kong-health', ...listens].join(' && ')];
  return container.withHealthCheck({ test, interval: 500, timeout: 10_000, retries: START_LIMIT / 500 });
}

/** Of the host, under the same paths: the stock plugin server, and the plugins that it loads. */
const STOCK_FOLDERS = ['node_modules', 'dist'].map((name) => {
  const folder = join(root, name);
  return { source: folder, target: folder, mode: 'ro' as const };
});

function stockServers() {
  const withImagesNode = (command: string[]) =>
    command.map((word) => (word === process.execPath ? NODE : word));
  return pluginServers('stock', '/run/crowdstrike-aidr').map((server) => ({
    ...server,
    ...(server.startCommand ? { startCommand: withImagesNode(server.startCommand) } : {}),
    queryCommand: withImagesNode(server.queryCommand),
  }));
}

/** @returns what the command printed */
async function inContainer(container: StartedTestContainer, command: string[]): Promise<string> {
  const { exitCode, output } = await container.exec(command);
  if (exitCode !== 0) throw new Error(`${command.join(' ')}: ${output}`);
  return output;
}

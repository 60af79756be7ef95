/** A real Kong, when `KONG_BIN` names its executable: on loopback, with a prefix of its own; DB-less, or on PostgreSQL. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { access, constants, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PLUGINS, type PluginServerCommands, pluginServers } from '../plugin-servers.ts';
import { SERVER, startServer } from '../server-process.ts';
import type { GatewayDriver, GatewaySetup, LogRecord, RunningGateway } from './driver.ts';
import { freePort } from './free-port.ts';
import { scrape } from './metrics.ts';
import { killAll, pluginServerPids, servingPid } from './plugin-server-pids.ts';
import { pluginServerSettings, serverOptions } from './plugin-server-settings.ts';
import type { Postgres } from './postgres.ts';
import { recordsIn, withFileLog } from './records.ts';
import { reloadKong, until } from './until.ts';

const run = promisify(execFile);

export const kong: GatewayDriver = {
  name: 'kong',

  async missing() {
    const executable = process.env.KONG_BIN;
    if (!executable) return 'KONG_BIN is not set';
    return access(executable, constants.X_OK).then(
      () => undefined,
      () => `KONG_BIN names no executable: ${executable}`,
    );
  },

  async start(setup) {
    const prefix = await mkdtemp(join(tmpdir(), 'aidr-kong-'));
    const file = join(prefix, 'kong.yaml');
    const { configuration, isObserved = true, caFile, luaPlugins, besides, settings: further } = setup;
    await writeFile(file, isObserved ? withFileLog(configuration, join(prefix, RECORDS)) : configuration);
    const servers = pluginServers(
      setup.pluginServer,
      prefix,
      serverOptions({ isObserved, caFile, further: setup.serverOptions ?? [] }),
      configuration,
    );
    const served = servers.map(({ plugin }) => plugin);
    const { gateway } = await start(setup, prefix, luaPlugins === undefined ? servers : [], {
      KONG_DATABASE: 'off',
      KONG_DECLARATIVE_CONFIG: file,
      ...(isObserved ? {} : { KONG_LOG_LEVEL: 'notice' }),
      ...(luaPlugins === undefined ? {} : inLua(luaPlugins)),
      ...(besides === undefined
        ? {}
        : {
            KONG_LUA_PACKAGE_PATH: luaPath(besides.folder),
            KONG_PLUGINS: ['bundled', ...served, ...besides.names].join(','),
          }),
      ...further,
    });
    return setup.pluginServer === 'aidr' ? { ...gateway, metrics: () => scrape(gateway.log) } : gateway;
  },
};

/** Those of ours that the folder has. */
function inLua(folder: string): Record<string, string> {
  const names = PLUGINS.filter((name) => existsSync(join(folder, 'kong/plugins', name, 'handler.lua')));
  return { KONG_LUA_PACKAGE_PATH: luaPath(folder), KONG_PLUGINS: ['bundled', ...names].join(',') };
}

function luaPath(folder: string): string {
  return `${folder}/?.lua;${folder}/?/init.lua;;`;
}

interface KongOnPostgres {
  gateway: RunningGateway;
  /** `http://127.0.0.1:<port>` of the Admin API. */
  admin: string;
  pluginServer: { kill(): Promise<void>; start(): Promise<void> };
}

/**
 * Kong with its configuration in PostgreSQL, where it is changed over the Admin API; it starts without any. The plugin
 * server runs beside it, as in deploy/compose and deploy/kubernetes.
 */
export async function startKongOnPostgres(
  env: Record<string, string>,
  postgres: Postgres,
): Promise<KongOnPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'aidr-sockets-'));
  let server = await startServer(PLUGINS, ['--replace'], folder);
  const servers = PLUGINS.map((plugin) => ({
    plugin,
    socket: server.socket(plugin),
    queryCommand: [process.execPath, SERVER, '--dump', plugin],
  }));
  const storage = {
    KONG_DATABASE: 'postgres',
    KONG_PG_HOST: postgres.host,
    KONG_PG_PORT: String(postgres.port),
    KONG_PG_USER: postgres.user,
    KONG_PG_PASSWORD: postgres.password,
    KONG_PG_DATABASE: postgres.database,
  };
  try {
    const prefix = await mkdtemp(join(tmpdir(), 'aidr-kong-'));
    const { gateway, admin } = await start({ env }, prefix, servers, storage);
    return {
      gateway: { ...gateway, stop: () => gateway.stop().finally(() => server.stop()) },
      admin,
      pluginServer: {
        async kill() {
          const serving = server.servingPid();
          server.child.kill('SIGKILL');
          await once(server.child, 'exit');
          // It would go on without the supervisor.
          process.kill(serving, 'SIGKILL');
        },
        async start() {
          server = await startServer(PLUGINS, ['--replace'], folder);
        },
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function start(
  setup: Pick<GatewaySetup, 'env' | 'workers' | 'port'>,
  prefix: string,
  servers: PluginServerCommands[],
  further: Record<string, string>,
): Promise<{ gateway: RunningGateway; admin: string }> {
  const [port, adminPort] = [setup.port || (await freePort()), await freePort()];
  const env = {
    ...process.env,
    ...setup.env,
    ...settings(prefix, port, adminPort, servers, setup.workers ?? 1),
    ...further,
  };
  const executable = String(process.env.KONG_BIN);
  try {
    if (further.KONG_DATABASE === 'postgres') await run(executable, ['migrations', 'bootstrap'], { env });
    await run(executable, ['start'], { env });
    await untilExisting(servers.map(({ socket }) => socket));
  } catch (error) {
    await stop(executable, prefix, env);
    throw error;
  }
  return {
    gateway: await running(executable, prefix, env, port, servers),
    admin: `http://127.0.0.1:${adminPort}`,
  };
}

async function running(
  executable: string,
  prefix: string,
  env: NodeJS.ProcessEnv,
  port: number,
  servers: PluginServerCommands[],
): Promise<RunningGateway> {
  // Only those that Kong starts are started anew.
  const isStarted = servers.some(({ startCommand }) => startCommand !== undefined);
  const started = isStarted ? servers.map(({ socket }) => socket) : [];
  const logFile = join(prefix, 'logs/error.log');
  let log = await readFile(logFile, 'utf8');
  const follow = setInterval(async () => {
    log = await readFile(logFile, 'utf8').catch(() => log);
  }, 100);
  follow.unref();
  return {
    url: `http://127.0.0.1:${port}`,
    log: () => log,
    records: () => readRecords(prefix),
    pluginServerPids: () => pluginServerPids(prefix),
    servingPid: () => servingPid(prefix),
    async killPluginServers() {
      killAll(pluginServerPids(prefix));
    },
    processes: async () => ({
      workers: await workerPids(prefix),
      pluginServers: pluginServerPids(prefix),
    }),
    async reload(configuration) {
      await writeFile(join(prefix, 'kong.yaml'), withFileLog(configuration, join(prefix, RECORDS)));
      await reloadKong(
        () => run(executable, ['reload', '-p', prefix], { env }),
        () => log,
        async () => (await Promise.all(started.map(boundSocket))).flat(),
      );
    },
    async stop() {
      clearInterval(follow);
      await stop(executable, prefix, env);
    },
  };
}

const RECORDS = 'records.ndjson';

async function readRecords(prefix: string): Promise<LogRecord[]> {
  return recordsIn(await readFile(join(prefix, RECORDS), 'utf8').catch(() => ''));
}

async function stop(executable: string, prefix: string, env: NodeJS.ProcessEnv): Promise<void> {
  await run(executable, ['stop', '-p', prefix], { env }).catch(() => undefined);
  await rm(prefix, { recursive: true, force: true });
}

async function workerPids(prefix: string): Promise<number[]> {
  const master = (await readFile(join(prefix, 'pids/nginx.pid'), 'utf8')).trim();
  const children = await readFile(`/proc/${master}/task/${master}/children`, 'utf8');
  return children.trim().split(' ').map(Number);
}

function settings(
  prefix: string,
  port: number,
  adminPort: number,
  servers: PluginServerCommands[],
  workers: number,
): Record<string, string> {
  return {
    KONG_PREFIX: prefix,
    KONG_PROXY_LISTEN: `127.0.0.1:${port} http2`,
    KONG_ADMIN_LISTEN: `127.0.0.1:${adminPort}`,
    // Several run at once, and their defaults are fixed ports.
    KONG_ADMIN_GUI_LISTEN: 'off',
    KONG_STATUS_LISTEN: 'off',
    KONG_NGINX_WORKER_PROCESSES: String(workers),
    ...(process.getuid?.() === 0 ? { KONG_NGINX_USER: 'root root' } : {}),
    KONG_ANONYMOUS_REPORTS: 'off',
    KONG_LOG_LEVEL: 'info',
    KONG_PLUGINS: ['bundled', ...servers.map(({ plugin }) => plugin)].join(','),
    ...pluginServerSettings(servers),
  };
}

/** The socket with what differs when another server has bound it; nothing where there is none. */
async function boundSocket(path: string): Promise<string[]> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found ? [`${path} ${found.ino} ${found.ctimeNs}`] : [];
}

async function untilExisting(sockets: string[]): Promise<void> {
  for (const socket of sockets)
    await until(() => existsSync(socket), `no plugin server listens on ${socket}`);
}

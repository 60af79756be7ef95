/** A PostgreSQL server of its own, where the binaries are installed: on loopback, in a temporary folder, with a password. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, chown, glob, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';

const run = promisify(execFile);

const START_LIMIT_MS = 30_000;
/** PostgreSQL refuses to run as root. */
const NOBODY = 65_534;

export interface Postgres {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  stop(): Promise<void>;
}

/** Why no PostgreSQL can run here; undefined when one can. */
export async function missingPostgres(): Promise<string | undefined> {
  return (await binaries()) ? undefined : 'initdb and postgres are neither on the PATH nor in PG_BIN';
}

export async function startPostgres(): Promise<Postgres> {
  const folder = await mkdtemp(join(tmpdir(), 'aidr-postgres-'));
  const identity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  let server: ChildProcess | undefined;
  const stop = async () => {
    await ended(server);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const bin = (await binaries()) ?? '';
    const access = {
      host: '127.0.0.1',
      port: await freePort(),
      user: 'kong',
      password: randomBytes(16).toString('hex'),
      // initdb makes it, so there is nothing to create.
      database: 'postgres',
    };
    const passwordFile = join(folder, 'password');
    await writeFile(passwordFile, access.password);
    await chmod(folder, 0o755);
    if (identity.uid !== undefined) await chown(folder, identity.uid, identity.gid);
    const data = join(folder, 'data');
    // md5 and not SCRAM, for which Kong's PostgreSQL client wants a library that not every build of Kong brings.
    await run(
      join(bin, 'initdb'),
      ['-D', data, '-U', access.user, '-A', 'md5', `--pwfile=${passwordFile}`, '--no-sync'],
      { ...identity, cwd: folder },
    );
    const settings = {
      listen_addresses: access.host,
      unix_socket_directories: '',
      fsync: 'off',
    };
    server = spawn(
      join(bin, 'postgres'),
      [
        ...['-D', data, '-p', String(access.port)],
        ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      { ...identity, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    await untilReady(server);
    return { ...access, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function untilReady(server: ChildProcess): Promise<void> {
  let log = '';
  server.stderr?.on('data', (chunk) => {
    log = `${log}${chunk}`.slice(-10_000);
  });
  const deadline = Date.now() + START_LIMIT_MS;
  while (!log.includes('ready to accept connections')) {
    if (server.exitCode !== null || Date.now() > deadline)
      throw new Error(`PostgreSQL did not start: ${log}`);
    await sleep(20);
  }
}

/** SIGINT is PostgreSQL's fast shutdown: it waits for no client. */
async function ended(server: ChildProcess | undefined): Promise<void> {
  if (!server || server.exitCode !== null || server.signalCode !== null) return;
  const exit = once(server, 'exit');
  server.kill('SIGINT');
  await exit;
}

/** The folder of PostgreSQL's server programs. Debian keeps them off the PATH, in a folder a version. */
async function binaries(): Promise<string | undefined> {
  const folders = [process.env.PG_BIN ?? '', ...(process.env.PATH ?? '').split(delimiter)].filter(Boolean);
  for (const pattern of [...folders, '/usr/lib/postgresql/*/bin', '/usr/pgsql-*/bin']) {
    for await (const initdb of glob(join(pattern, 'initdb'))) {
      for await (const _ of glob(join(dirname(initdb), 'postgres'))) return dirname(initdb);
    }
  }
  return undefined;
}

/**
 * A Unix socket that can be handed over: bound under a temporary name and renamed over the path, so that at any moment
 * somebody listens there; and given up only if it is still one's own.
 *
 * During `kong reload` the new process takes the path while the old one serves the connections that it has.
 */
import { once } from 'node:events';
import { lstatSync, renameSync, rmSync, type Stats, unlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { basename, dirname, join } from 'node:path';

export class SocketError extends Error {
  override readonly name = 'SocketError';
}

/** A socket's file, whatever later has its path. */
export interface SocketIdentity {
  path: string;
  dev: number;
  ino: number;
}

export interface UnixSocket {
  server: Server;
  identity: SocketIdentity;
  /** Of the process, as long as it listens; undefined where Node does not tell. */
  descriptor: number | undefined;
  /** Whether who connects to the path is heard here. */
  isListening(): boolean;
  /** Stops accepting, and removes the path unless another process has taken it. */
  release(): void;
}

/**
 * Connections that may wait to be accepted; the kernel takes less where `net.core.somaxconn` is less. Whoever finds no room
 * is told so at once, and Kong takes that for a server that is gone.
 */
const BACKLOG = 65_535;

/** The longest path that the kernel takes is 107 bytes, and the temporary name is a little longer. */
const MAX_PATH_BYTES = 95;

/** One that nobody can connect to before it has taken its path. */
export interface PreparedSocket extends UnixSocket {
  /** Another process listened on the path. */
  isReplacing: boolean;
  take(): void;
}

/**
 * @param replace take over a path on which another process listens
 * @throws SocketError with what an operator can do about it
 */
export async function listenOn(
  path: string,
  replace: boolean,
  onConnection: (socket: Socket) => void,
): Promise<UnixSocket> {
  const socket = await prepareToListen(path, replace, onConnection);
  socket.take();
  return socket;
}

/**
 * As {@link listenOn}, but whoever has the path is heard there until this one takes it.
 *
 * @param options.pauseOnConnect nothing is read from connections until they are resumed
 * @throws SocketError with what an operator can do about it
 */
export async function prepareToListen(
  path: string,
  replace: boolean,
  onConnection: (socket: Socket) => void,
  options: { pauseOnConnect?: boolean } = {},
): Promise<PreparedSocket> {
  const isReplacing = await checkPath(path, replace);
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}`);
  const server = createServer(options, onConnection);
  const mask = process.umask(0o177);
  try {
    // Of a process with the same number that was killed before it took the path.
    rmSync(temporary, { force: true });
    server.listen({ path: temporary, backlog: BACKLOG });
    await once(server, 'listening');
  } catch (error) {
    throw new SocketError(`cannot listen on ${path}: ${codeOf(error)}`);
  } finally {
    process.umask(mask);
  }
  const { dev, ino } = lstatSync(temporary);
  const socket = socketOf(server, { path, dev, ino });
  // Before it is renamed, closing the server removes its file.
  const take = () => {
    try {
      renameSync(temporary, path);
    } catch (error) {
      throw new SocketError(`cannot listen on ${path}: ${codeOf(error)}`);
    }
  };
  return { ...socket, isReplacing, take };
}

/**
 * Listens on a socket that another process has bound, and whose file descriptor this one has inherited: connections that
 * nobody has accepted yet are not lost.
 *
 * @throws SocketError
 */
export async function listenOnInherited(
  descriptor: number,
  identity: SocketIdentity,
  onConnection: (socket: Socket) => void,
): Promise<UnixSocket> {
  const server = createServer(onConnection);
  try {
    server.listen({ fd: descriptor, backlog: BACKLOG });
    await once(server, 'listening');
  } catch (error) {
    throw new SocketError(`cannot listen on ${identity.path}: ${codeOf(error)}`);
  }
  return socketOf(server, identity);
}

function socketOf(server: Server, identity: SocketIdentity): UnixSocket {
  return {
    server,
    identity,
    descriptor: descriptorOf(server),
    isListening: () => server.listening && isThere(identity),
    release() {
      server.close();
      try {
        if (isThere(identity)) unlinkSync(identity.path);
      } catch {
        // Whoever comes next finds that nobody listens.
      }
    },
  };
}

/** Undefined where it is closed. */
export function descriptorOf(open: Server | Socket): number | undefined {
  const handle: unknown = Reflect.get(open, '_handle');
  const descriptor: unknown = typeof handle === 'object' && handle !== null && Reflect.get(handle, 'fd');
  return typeof descriptor === 'number' && descriptor >= 0 ? descriptor : undefined;
}

/** Whether the path is still this socket's: neither removed nor taken over. */
export function isThere({ path, dev, ino }: SocketIdentity): boolean {
  const there = stat(path);
  return there?.dev === dev && there.ino === ino;
}

/** @returns whether another process listens on it */
async function checkPath(path: string, replace: boolean): Promise<boolean> {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
    throw new SocketError(`the path of a socket can have ${MAX_PATH_BYTES} bytes at most: ${path}`);
  }
  if (!stat(dirname(path))?.isDirectory()) throw new SocketError(`there is no folder ${dirname(path)}`);
  const there = stat(path);
  if (there && !there.isSocket()) throw new SocketError(`${path} exists and is not a socket`);
  const isTaken = there !== undefined && (await isListening(path));
  if (isTaken && !replace) {
    throw new SocketError(`another process listens on ${path}; --replace takes it over`);
  }
  return isTaken;
}

async function isListening(path: string): Promise<boolean> {
  const probe = connect(path);
  try {
    await once(probe, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    probe.destroy();
  }
}

function stat(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

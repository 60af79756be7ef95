import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listenOn, type UnixSocket } from './unix-socket.ts';

let folder: string;
let path: string;
const open: UnixSocket[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aidr-socket-'));
  path = join(folder, 'plugin.sock');
});
afterEach(() => {
  for (const socket of open.splice(0)) socket.release();
  rmSync(folder, { recursive: true, force: true });
});

async function listen(name: string, replace = false): Promise<UnixSocket> {
  const socket = await listenOn(path, replace, (connection) =>
    connection.on('error', () => undefined).end(name),
  );
  open.push(socket);
  return socket;
}

/** Who answers on the path. */
async function whoAnswers(): Promise<string> {
  const connection: Socket = connect(path);
  let name = '';
  connection.on('data', (bytes) => {
    name += bytes;
  });
  await once(connection, 'close');
  return name;
}

describe('a socket', () => {
  it('is for its owner alone', async () => {
    await listen('one');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['plugin.sock']);
  });

  it('on which somebody listens is not taken by accident', async () => {
    await listen('one');
    await expect(listen('two')).rejects.toThrow('another process listens');
    expect(await whoAnswers()).toBe('one');
  });

  it('is taken over without a moment in which nobody listens, and given up only by its owner', async () => {
    const one = await listen('one');
    let failures = 0;
    let isDone = false;
    const knocking = (async () => {
      while (!isDone) {
        if (!['one', 'two'].includes(await whoAnswers().catch(() => 'nobody'))) failures++;
      }
    })();
    const two = await listen('two', true);
    expect(await whoAnswers()).toBe('two');
    one.release();
    expect(await whoAnswers()).toBe('two');
    isDone = true;
    await knocking;
    expect(failures).toBe(0);
    two.release();
    expect(existsSync(path)).toBe(false);
  });

  it('that a killed process left behind is replaced', async () => {
    const left = createServer().listen(path);
    await once(left, 'listening');
    // A rename keeps the closing server from unlinking it, as SIGKILL would.
    const { renameSync } = await import('node:fs');
    renameSync(path, `${path}.kept`);
    left.close();
    renameSync(`${path}.kept`, path);
    await listen('one');
    expect(await whoAnswers()).toBe('one');
  });

  it('is taken although a process of the same number was killed before it could', async () => {
    writeFileSync(join(folder, `.plugin.sock.${process.pid}`), '');
    await listen('one');
    expect(await whoAnswers()).toBe('one');
  });

  it.each([
    ['in a folder that does not exist', () => join(folder, 'none/plugin.sock'), 'there is no folder'],
    [
      'over a file',
      () => {
        writeFileSync(path, '');
        return path;
      },
      'exists and is not a socket',
    ],
    ['with a path that the kernel would cut', () => join(folder, 'x'.repeat(100)), '95 bytes at most'],
  ])('is refused %s', async (_name, where, message) => {
    await expect(listenOn(where(), true, () => undefined)).rejects.toThrow(message);
  });
});

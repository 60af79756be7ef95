/** `aidr-pluginserver --check`, as a container's health check or an operator runs it. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { encode } from '@msgpack/msgpack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from '../testkit/aidr-emulator/index.ts';
import { PLUGINS } from '../testkit/harness/plugin-servers.ts';
import { SERVER, type ServerProcess, startServer } from '../testkit/harness/server-process.ts';

const [REQUEST, RESPONSE] = PLUGINS;

let folder: string;
let server: ServerProcess;
let aidr: Emulator;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aidr-check-'));
  server = await startServer(PLUGINS);
  aidr = await startEmulator();
});
afterAll(async () => {
  await server?.stop();
  await aidr?.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Checked {
  code: number;
  stdout: string;
  stderr: string;
}

/** With no environment but what is given. */
async function check(args: string[], env: Record<string, string> = {}): Promise<Checked> {
  const running = promisify(execFile)(process.execPath, [SERVER, '--check', ...args], { env });
  return running.then(
    (done) => ({ code: 0, ...done }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
}

const socketOption = (plugin: string, path = server.socket(plugin)) => ['--socket', `${plugin}=${path}`];

describe('the sockets', () => {
  it('are well when each answers for its plugin', async () => {
    const options = [...socketOption(REQUEST), ...socketOption(RESPONSE), '--replace'];
    expect(await check(options)).toEqual({
      code: 0,
      stdout: 'ok  crowdstrike-aidr-request: answers\nok  crowdstrike-aidr-response: answers\n',
      stderr: '',
    });
  });

  it('are not well when one of them is missing, each in a line of its own', async () => {
    const options = [...socketOption(REQUEST, '/nowhere/a.sock'), ...socketOption(RESPONSE)];
    expect(await check(options)).toEqual({
      code: 1,
      stdout:
        'failed  crowdstrike-aidr-request: /nowhere/a.sock: ENOENT\nok  crowdstrike-aidr-response: answers\n',
      stderr: '',
    });
  });

  it("are not well when one of them is another plugin's", async () => {
    expect(await check(socketOption(REQUEST, server.socket(RESPONSE)))).toMatchObject({
      code: 1,
      stdout: 'failed  crowdstrike-aidr-request: something else answers on its socket\n',
    });
  });

  it.each<[string, (socket: Socket) => void, string]>([
    ['never answers', () => undefined, 'no answer within 2000 ms'],
    ['hangs up', (socket) => socket.destroy(), 'the connection was closed'],
    ['answers noise', (socket) => socket.write(Buffer.alloc(100, 0xc1)), 'not MessagePack'],
    ['answers another value', (socket) => socket.write(encode('hello')), 'not an RPC answer'],
    ['answers an error', (socket) => socket.write(encode([1, 1, 'no', null])), 'the RPC answer is an error'],
    ['answers nothing', (socket) => socket.write(encode([1, 1, null, null])), 'something else answers'],
    [
      'answers without end',
      (socket) =>
        socket.write(Buffer.concat([Buffer.of(0xdd, 0xff, 0xff, 0xff, 0xff), Buffer.alloc(5_000_000)])),
      'larger than anything',
    ],
  ])('are not well when what is there %s', async (_name, behave, reason) => {
    const path = join(folder, 'odd.sock');
    const odd = await listen(path, behave);
    try {
      const { code, stdout } = await check(socketOption(REQUEST, path));
      expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining(reason) });
    } finally {
      odd.close();
    }
  });
});

async function listen(path: string, behave: (socket: Socket) => void): Promise<Server> {
  const odd = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => behave(socket));
  }).listen(path);
  await once(odd, 'listening');
  return odd;
}

describe('the configuration', () => {
  it('is well when Kong and the plugins would take it', async () => {
    const file = resolve(import.meta.dirname, '../kong.yaml');
    expect(await check(['--config', file])).toEqual({
      code: 0,
      stdout: `ok  configuration: ${file} loads\n`,
      stderr: '',
    });
  });

  it.each([
    [
      'a field that nobody knows',
      'timeot: 1',
      'timeot: the plugins have no such setting (did you mean timeout?)',
    ],
    ['a value that is none', 'timeout: pts_secret', 'timeout: '],
  ])('is not well with %s, and its values are not told', async (_name, field, problem) => {
    const file = join(folder, 'kong.yaml');
    const config = `{ ai_guard_api_key: pts_secret, upstream_llm: { provider: openai, api_uri: auto }, ${field} }`;
    await writeFile(file, `_format_version: "3.0"\nplugins:\n  - name: ${REQUEST}\n    config: ${config}\n`);
    const { code, stdout } = await check(['--config', file]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining(problem) });
    expect(stdout).not.toContain('pts_secret');
    expect(stdout.trimEnd()).not.toContain('\n');
  });

  it('is well without a guard, which Kong does not miss', async () => {
    const file = join(folder, 'unguarded.yaml');
    const config =
      '{ ai_guard_api_key: "{vault://env/x}", upstream_llm: { provider: openai, api_uri: auto } }';
    await writeFile(file, `_format_version: "3.0"\nplugins:\n  - name: ${REQUEST}\n    config: ${config}\n`);
    expect(await check(['--config', file])).toMatchObject({ code: 0 });
  });

  it('is not well when there is none', async () => {
    expect(await check(['--config', join(folder, 'none.yaml')])).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^failed {2}configuration: .*ENOENT/),
    });
  });
});

describe('AIDR', () => {
  const NAMED = 'ok  AIDR DNS: 127.0.0.1 is an address\n';
  const REACHED = `${NAMED}ok  AIDR connection: 127.0.0.1:N is reached\n`;
  const COPY = "copy the token from the collector's Config tab, and the base URL that stands beside it";
  const OPEN = 'open the firewall, or name the proxy with --https-proxy';
  const withoutPort = (text: string) => text.replace(/:\d{4,5} is/, ':N is');
  const asked = (env: Record<string, string>) => check(['--aidr'], { CS_AIDR_BASE_URL: aidr.url, ...env });

  it('is well when it answers and accepts the key', async () => {
    const { stdout, ...rest } = await asked({ CS_AIDR_TOKEN: 'pts_demo' });
    expect({ ...rest, stdout: withoutPort(stdout) }).toEqual({
      code: 0,
      stdout: `${REACHED}ok  AIDR key: AIDR accepts the key\nok  AIDR policy: policy aidr_input_policy lets two harmless words pass\n`,
      stderr: '',
    });
  });

  it.each([
    ['the key is not set', {}, 'failed  AIDR: CS_AIDR_TOKEN is not set'],
    [
      'the key is refused',
      { CS_AIDR_TOKEN: 'pts_wrong' },
      `${REACHED}failed  AIDR key: unauthorized: AIDR answered with status 401: ${COPY}`,
    ],
    [
      'the key is none',
      { CS_AIDR_TOKEN: 'pts_a b' },
      'failed  AIDR: ai_guard_api_key: must be one word of printable ASCII',
    ],
    [
      'nobody is there',
      { CS_AIDR_TOKEN: 'pts_demo', CS_AIDR_BASE_URL: 'http://127.0.0.1:9/aidr' },
      `${NAMED}failed  AIDR connection: 127.0.0.1:9 cannot be reached (ECONNREFUSED): ${OPEN}`,
    ],
    [
      'the URL is none',
      { CS_AIDR_TOKEN: 'pts_demo', CS_AIDR_BASE_URL: 'aidr' },
      'failed  AIDR: ai_guard_api_base_url: must be an http or https URL, or one of us-1, us-2, eu-1, us-gov-1, us-gov-2',
    ],
  ])('is not well when %s, and the key is not told', async (_name, env, findings) => {
    const { code, stdout, stderr } = await asked(env);
    expect({ code, stdout: withoutPort(stdout) }).toEqual({ code: 1, stdout: `${findings}\n` });
    expect(stdout + stderr).not.toMatch(/\bpts_/);
  });

  it('is not asked unless it is wanted, even where the key is set', async () => {
    aidr.reset();
    await check(socketOption(REQUEST), { CS_AIDR_TOKEN: 'pts_demo', CS_AIDR_BASE_URL: aidr.url });
    expect(aidr.calls).toEqual([]);
  });
});

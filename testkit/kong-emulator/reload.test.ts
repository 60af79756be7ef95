/** Processes: starting, dying, reloading, stopping, with stock plugin servers. */

import { rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Gateway, type GatewayOptions, type PluginServerSpec, startGateway } from './index.ts';
import { printing } from './testing/fake-plugin-server.ts';
import { send } from './testing/send.ts';
import { type StockServers, steps, stockServers } from './testing/stock-server.ts';
import { startUpstream, type TestUpstream } from './testing/upstream.ts';

const configuration = (url: string, value: string): string => `
_format_version: "3.0"
services:
  - url: ${url}
    routes:
      - paths: [/]
        plugins: [{ name: script, config: { access: ${steps(['kong.service.request.setHeader', 'x-seen', value])} } }]
`;

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Ends at once while a file is missing: a test decides when a process serves, however busy the machine. */
function servingWith(file: string, spec: PluginServerSpec): PluginServerSpec {
  const checked = ['sh', '-c', '[ -e "$0" ] || exit 1; exec "$@"', file];
  return { ...spec, startCommand: [...checked, ...(spec.startCommand ?? [])] };
}

describe('plugin server processes', () => {
  let upstream: TestUpstream;
  let servers: StockServers;
  let gateway: Gateway;
  let goAhead: string;
  let starts: number[];

  beforeEach(async () => {
    upstream = await startUpstream();
    servers = stockServers('script');
    goAhead = `${servers.folder}/go`;
    writeFileSync(goAhead, '');
    starts = [];
    gateway = await startGateway({
      configuration: configuration(upstream.url, 'one'),
      pluginServers: servers.specs.map((spec) => servingWith(goAhead, spec)),
      logger: ({ message }) => {
        if (message.includes('starting pluginserver process')) starts.push(performance.now());
      },
    });
    await gateway.ready();
  });

  afterEach(async () => {
    await gateway.stop();
    await upstream.close();
    servers.clean();
  });

  const seen = async (path = '/'): Promise<string | string[] | undefined> => {
    await send(gateway.url, { path });
    return upstream.received.findLast(({ url }) => url === path)?.headers['x-seen'];
  };

  it('are started again after they die, not sooner than a second, and requests pass in between', async () => {
    expect(await seen()).toBe('one');
    const [first = 0] = gateway.pluginServerPids();
    rmSync(goAhead);
    process.kill(first, 'SIGKILL');
    await expect.poll(() => gateway.pluginServerPids(), { timeout: 10_000 }).not.toContain(first);
    expect(await seen('/between')).toBeUndefined();
    await expect.poll(() => starts.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(3);
    expect(Number(starts[2]) - Number(starts[1])).toBeGreaterThan(990);
    writeFileSync(goAhead, '');
    await expect.poll(() => seen(`/${Math.random()}`), { timeout: 10_000 }).toBe('one');
    expect(gateway.logs).toContainEqual({ level: 'warn', message: 'no plugin instance #0' });
  });

  it('live beside their successors until the old workers have drained', async () => {
    let finish: (() => void) | undefined;
    upstream.answer = (_, response) => {
      finish = () => response.end('late');
    };
    const slow = send(gateway.url, { path: '/slow' });
    await expect.poll(() => finish).toBeDefined();
    upstream.answer = (_, response) => void response.end('ok');
    const [old = 0] = gateway.pluginServerPids();

    await gateway.reload(configuration(upstream.url, 'two'));
    await gateway.ready();
    expect(gateway.pluginServerPids()).toHaveLength(2);
    expect(await seen('/new')).toBe('two');
    expect(alive(old)).toBe(true);

    finish?.();
    expect((await slow).body).toBe('late');
    await expect.poll(() => alive(old)).toBe(false);
    expect(gateway.pluginServerPids()).toHaveLength(1);
    expect(await seen('/after')).toBe('two');
  });

  it('stay as they are when the new configuration is refused', async () => {
    await expect(gateway.reload('_format_version: "3.0"\nnothing: []')).rejects.toThrow(
      "in 'nothing': unknown field",
    );
    expect(gateway.pluginServerPids()).toHaveLength(1);
    expect(await seen()).toBe('one');
  });

  it('end with the gateway', async () => {
    const pids = gateway.pluginServerPids();
    await gateway.stop();
    expect(pids.map(alive)).toEqual([false]);
  });
});

describe('a plugin server that Kong could not load', () => {
  const description = { name: 'tap', phases: ['access'] };
  const base = { socket: '/nonexistent/tap.sock', queryCommand: printing(description) };
  const start = async (
    spec: Partial<GatewayOptions['pluginServers'][number]>,
    options = {},
  ): Promise<void> => {
    const configuration = '_format_version: "3.0"';
    const gateway = await startGateway({ configuration, pluginServers: [{ ...base, ...spec }], ...options });
    await gateway.stop();
  };

  it.each([
    ['prints something else before', ['sh', '-c', 'echo hello; echo []'], 'failed decoding plugin info'],
    ['prints nothing', ['true'], 'failed decoding plugin info'],
    ['prints no plugin', ['echo', '[]'], 'the command printed no plugin'],
    ['cannot be run', ['/nonexistent/command'], 'error loading plugins info'],
    [
      'prints a plugin with a bad version',
      ['echo', '[{"Name":"x","Version":"1","Phases":[],"Priority":1}]'],
      'VERSION',
    ],
    [
      'prints a plugin without a schema',
      ['echo', '[{"Name":"x","Version":"1.0.0","Phases":[],"Priority":1}]'],
      'schema',
    ],
    [
      'has a phase that is not run here',
      printing({ ...description, phases: ['rewrite'] }),
      "the phase 'rewrite'",
    ],
    [
      'has an unknown attribute',
      printing({ ...description, fields: [{ a: { type: 'string', oneof: [] } }] }),
      "unknown field 'oneof'",
    ],
    [
      'has an unknown type',
      printing({ ...description, fields: [{ a: { type: 'text' } }] }),
      'invalid type: text',
    ],
  ])('%s', async (_, queryCommand, text) => {
    await expect(start({ queryCommand })).rejects.toThrow(text);
  });

  it('keeps its query command open: Kong would hang', async () => {
    const queryCommand = ['sh', '-c', 'echo []; sleep 60'];
    await expect(start({ queryCommand }, { queryTimeoutMs: 100 })).rejects.toThrow(
      'Kong would hang here for ever',
    );
  });

  it('counts only with its first plugin', async () => {
    const [plugin] = JSON.parse(printing(description)[2] ?? '[]') as [Record<string, unknown>];
    const both = JSON.stringify([plugin, { ...plugin, Name: 'second' }]);
    const configuration = '_format_version: "3.0"\nplugins: [{ name: second }]';
    await expect(start({ queryCommand: ['printf', '%s', both] }, { configuration })).rejects.toThrow(
      "plugin 'second' not enabled; add it to the 'plugins' configuration property (the embedded gateway has: ai-proxy, key-auth, post-function, pre-function, tap)",
    );
  });
});

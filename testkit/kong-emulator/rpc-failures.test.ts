/** What the gateway does when a plugin server misbehaves: as Kong, it mostly lets the request through. */

import { setTimeout as sleep } from 'node:timers/promises';
import { encode } from '@msgpack/msgpack';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Gateway, startGateway } from './index.ts';
import { type FakePluginServer, scripted, startFakePluginServer } from './testing/fake-plugin-server.ts';
import { type Answer, send } from './testing/send.ts';
import { startUpstream, type TestUpstream } from './testing/upstream.ts';

const configuration = (url: string): string => `
_format_version: "3.0"
services:
  - url: ${url}
    routes:
      - { name: a, paths: [/a], plugins: [{ name: tap, instance_name: first, config: { label: A } }] }
      - { name: b, paths: [/b], plugins: [{ name: tap, config: { label: B } }] }
`;

describe('a plugin server that misbehaves', () => {
  let upstream: TestUpstream;
  let server: FakePluginServer;
  let gateway: Gateway;

  const start = async (workers: number): Promise<void> => {
    gateway = await startGateway({
      configuration: configuration(upstream.url),
      pluginServers: [server.spec],
      rpcTimeoutMs: 200,
      workers,
    });
  };

  beforeEach(async () => {
    upstream = await startUpstream();
    const description = { name: 'tap', phases: ['access'], fields: [{ label: { type: 'string' } }] };
    server = await startFakePluginServer(description, function* () {
      yield ['kong.service.request.set_header', 'x-seen', '1'];
    });
    await start(1);
  });

  afterEach(async () => {
    await gateway.stop();
    await server.close();
    await upstream.close();
  });

  const get = (path = '/a'): Promise<Answer> => send(gateway.url, { path });
  const seen = (): (string | string[] | undefined)[] =>
    upstream.received.map(({ headers }) => headers['x-seen']);
  const methods = (): string[] => server.calls.map(({ method }) => method.replace('plugin.', ''));
  const answering = (error: string, to: string) => {
    const usual = server.respond;
    server.respond = (call, socket) => (call.method === to ? [error, undefined] : usual(call, socket));
  };

  it("starts an instance once and tells it Kong's own keys", async () => {
    await get('/a');
    await get('/a');
    expect(methods()).toEqual(['StartInstance', 'HandleEvent', 'Step', 'HandleEvent', 'Step']);
    const { Name, Config } = (server.calls[0]?.args[0] ?? {}) as { Name: string; Config: string };
    expect(Name).toBe('tap');
    const routeId = (JSON.parse(Config) as { route_id: string }).route_id;
    expect(JSON.parse(Config)).toEqual({
      label: 'A',
      route_id: expect.stringMatching(/^[\da-f-]{36}$/),
      plugin_instance_name: 'first',
      __plugin_id: expect.stringMatching(/^[\da-f-]{36}$/),
      __ws_id: '0dc6f45b-8f8d-40d2-a504-473544ee190b',
      __key__: `plugins:tap:${routeId}::::0dc6f45b-8f8d-40d2-a504-473544ee190b`,
      __seq__: 1,
    });
  });

  it('lets requests pass while the server is down, and only logs', async () => {
    await get();
    await server.down();
    expect((await get()).status).toBe(200);
    expect(seen()).toEqual(['1', undefined]);
    expect(gateway.logs.filter(({ level }) => level === 'err').map(({ message }) => message)).toEqual([
      expect.stringMatching(/^trying to connect: /),
      expect.stringMatching(/^(no such file or directory|connection refused)$/),
    ]);
    await server.up();
    await get();
    expect(seen()).toEqual(['1', undefined, '1']);
  });

  it('starts new instances, all of them, after "no plugin instance"', async () => {
    await get('/a');
    await get('/b');
    server.respond = restarted();
    server.calls.length = 0;
    expect((await get('/a')).status).toBe(200);
    expect((await get('/b')).status).toBe(200);
    expect(seen()).toEqual(['1', '1', '1', '1']);
    const a = ['HandleEvent', 'StartInstance', 'HandleEvent', 'Step'];
    expect(methods()).toEqual([...a, 'StartInstance', 'HandleEvent', 'Step']);
    expect(gateway.logs).toContainEqual({ level: 'warn', message: 'no plugin instance #0' });
  });

  it('tells the other workers to drop their instances as well', async () => {
    await gateway.stop();
    await start(2);
    await get('/a');
    await get('/a');
    expect(methods().filter((method) => method === 'StartInstance')).toHaveLength(2);
    server.respond = restarted();
    await get('/a');
    await sleep(10);
    server.calls.length = 0;
    await get('/a');
    expect(methods()).toEqual(['StartInstance', 'HandleEvent', 'Step']);
  });

  it('mixes up configurations when a restarted server numbers its instances anew', async () => {
    await get('/a');
    await get('/b');
    server.respond = scripted(function* () {});
    server.calls.length = 0;
    await get('/b');
    // The new process knows no instance 1, and a stock server would run whatever has the number by now.
    expect(server.calls[0]?.args).toEqual([{ InstanceId: 1, EventName: 'access' }]);
  });

  it('answers 500 when an instance cannot be started, and tries again', async () => {
    const usual = server.respond;
    answering('bad configuration', 'plugin.StartInstance');
    const answer = await get();
    expect(answer.status).toBe(500);
    expect(gateway.logs).toContainEqual({ level: 'err', message: 'starting instance: bad configuration' });
    expect(upstream.received).toHaveLength(0);
    server.respond = usual;
    expect((await get()).status).toBe(200);
  });

  it.each(['plugin.HandleEvent', 'plugin.Step'])(
    'lets the request pass after an error of %s',
    async (method) => {
      answering('event id 7 not found', method);
      expect((await get()).status).toBe(200);
      expect(gateway.logs).toContainEqual({ level: 'err', message: 'event id 7 not found' });
    },
  );

  it('lets the request pass after silence, and uses the connection no more', async () => {
    await get();
    const usual = server.respond;
    const sockets = new Set<unknown>();
    server.respond = (_, socket) => void sockets.add(socket);
    expect((await get()).status).toBe(200);
    expect(gateway.logs).toContainEqual({ level: 'err', message: 'no data' });
    server.respond = (call, socket) => {
      sockets.add(socket);
      return usual(call, socket);
    };
    await get();
    expect(sockets.size).toBe(2);
    expect(seen()).toEqual(['1', undefined, '1']);
  });

  it('answers 500 when the server hangs up before there is an instance', async () => {
    server.respond = (_, socket) => void socket.destroy();
    expect((await get()).status).toBe(500);
    expect(gateway.logs).toContainEqual({ level: 'err', message: 'starting instance: no data' });
  });

  it('answers 500 to an answer with another id: in Kong a failed assertion', async () => {
    server.respond = ({ id }, socket) => void socket.write(encode([1, id + 1, null, {}]));
    expect((await get()).status).toBe(500);
  });

  it('drops its instances when the server reports another process id', async () => {
    const usual = server.respond;
    let pid = 1;
    server.respond = (call, socket) => {
      socket.write(encode([2, 'serverPid', pid]));
      return usual(call, socket);
    };
    await get();
    pid = 2;
    await get();
    server.calls.length = 0;
    await get();
    expect(methods()).toEqual(['StartInstance', 'HandleEvent', 'Step']);
  });

  it('starts one instance for requests that come together', async () => {
    const usual = server.respond;
    server.respond = (call, socket) => {
      if (call.method !== 'plugin.StartInstance') return usual(call, socket);
      setTimeout(() => {
        socket.write(encode([1, call.id, null, { Id: 7 }]));
      }, 50);
      return undefined;
    };
    const answers = await Promise.all([get(), get(), get()]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(methods().filter((method) => method === 'StartInstance')).toHaveLength(1);
  });
});

/** A server that has lost its instances, and numbers new ones where no old one was. */
function restarted(): FakePluginServer['respond'] {
  const fresh = scripted(function* () {
    yield ['kong.service.request.set_header', 'x-seen', '1'];
  });
  const known = new Set<number>();
  return (call, socket) => {
    const { InstanceId = -1 } = call.args[0] as { InstanceId?: number };
    if (call.method === 'plugin.HandleEvent' && !known.has(InstanceId))
      return [`no plugin instance #${InstanceId}`, undefined];
    const answer = fresh(call, socket);
    if (call.method !== 'plugin.StartInstance') return answer;
    const id = 100 + known.size;
    known.add(id);
    return [undefined, { Id: id }];
  };
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { aidr, GUARD } from '../../../../testkit/check-configurations.ts';
import { checkedBy } from '../command.ts';

const TOKEN = 'pts_admin_token';
const ENTITIES: Record<string, object[]> = {
  services: [
    { id: 's1', name: 'chat', host: 'llm', protocol: 'https', connect_timeout: 60_000, tls_verify: true },
  ],
  routes: [
    ...[1, 2].map((n) => ({
      ...{ id: `r${n}`, name: `route-${n}`, paths: [`/${n}`], strip_path: true, preserve_host: false },
      service: { id: 's1' },
    })),
    {
      id: 'r3',
      name: 'direct',
      paths: ['/3'],
      strip_path: true,
      preserve_host: false,
      service: { id: 's2' },
    },
  ],
  upstreams: [{ id: 'u1', name: 'llm', slots: 10_000, algorithm: 'round-robin' }],
  'upstreams/u1/targets': [{ id: 't1', target: 'api.openai.com:443', upstream: { id: 'u1' } }],
  consumers: [{ id: 'c1', username: 'alice' }],
  vaults: [{ id: 'v1', name: 'env', prefix: 'env-aidr', config: {} }],
  plugins: [aidr('request'), aidr('response'), GUARD].map((plugin, index) => ({
    ...plugin,
    id: `p${index}`,
    service: null,
    route: { id: 'r1' },
    consumer: null,
  })),
};
ENTITIES.services?.push({ id: 's2', name: 'direct', host: 'api.openai.com', connect_timeout: 60_000 });

let server: Server | undefined;
afterEach(() => new Promise((done) => (server ? server.close(done) : done(undefined))));

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  server = createServer(answer).listen(0, '127.0.0.1');
  await new Promise((done) => server?.once('listening', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** One entity a page, as Kong pages them. */
function adminApi(requests: IncomingMessage[] = []) {
  return (request: IncomingMessage, response: ServerResponse) => {
    requests.push(request);
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://kong');
    const all = ENTITIES[pathname.replace(/^\/(?:team\/)?/, '')];
    if (!all) return void response.writeHead(404).end('{"message":"Not found"}');
    const at = Number(searchParams.get('offset') ?? 0);
    const isLast = at + 1 >= all.length;
    const next = isLast ? { next: null } : { next: `/routes?offset=${at + 1}`, offset: String(at + 1) };
    response.writeHead(200).end(JSON.stringify({ data: all.slice(at, at + 1), ...next }));
  };
}

const read = (url: string, env: Record<string, string> = {}, tokenVariable?: string) =>
  checkedBy(
    { files: [], admin: { url, ...(tokenVariable === undefined ? {} : { tokenVariable }) }, settings: [] },
    { env, stdin: Readable.from([]) },
  );

describe('an Admin API', () => {
  it('is read to its last page, with GET alone, and checked like a file', async () => {
    const requests: IncomingMessage[] = [];
    const url = await serve(adminApi(requests));
    const { findings, coverage } = await read(`${url}/team/`);
    expect(coverage.map(({ place, request, guard }) => [place.path, request, guard])).toEqual([
      ['routes[route-1]', 'yes', 'strict'],
      ['routes[route-2]', 'unprotected', '-'],
      ['routes[direct]', 'unprotected', '-'],
    ]);
    expect(findings.map(({ code, place }) => `${code} ${place}`)).toEqual([
      `unprotected-route ${url}/team/routes routes[route-2]`,
      `unprotected-route ${url}/team/routes routes[direct]`,
    ]);
    expect(new Set(requests.map(({ method }) => method))).toEqual(new Set(['GET']));
  });

  it('gets the token that the environment has, which is shown nowhere', async () => {
    const requests: IncomingMessage[] = [];
    const url = await serve(adminApi(requests));
    const report = await read(url, { KONG_TOKEN: TOKEN }, 'KONG_TOKEN');
    expect(requests[0]?.headers).toMatchObject({
      'kong-admin-token': TOKEN,
      authorization: `Bearer ${TOKEN}`,
    });
    expect(JSON.stringify(report)).not.toContain(TOKEN);
    expect((await read(url, {}, 'KONG_TOKEN')).findings).toMatchObject([
      { code: 'unreadable-input', level: 'error', problem: 'KONG_TOKEN is not set' },
    ]);
  });

  it.each<[string, (request: IncomingMessage, response: ServerResponse) => void, string]>([
    ['refuses', (_, response) => response.writeHead(401).end('{}'), 'the Admin API answers 401'],
    ['is none', (_, response) => response.writeHead(200).end('<html>'), 'this is no Admin API'],
    ['gives no list', (_, response) => response.writeHead(200).end('{"data":{}}'), 'this is no Admin API'],
    ['hangs up', (request) => request.socket.destroy(), 'the Admin API cannot be read: '],
    [
      'sends the reader elsewhere',
      (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      'the Admin API cannot be read: ',
    ],
  ])('that %s is one error', async (_name, answer, problem) => {
    const { findings } = await read(await serve(answer));
    expect(findings).toMatchObject([
      { code: 'unreadable-input', level: 'error', problem: expect.stringContaining(problem) },
    ]);
  });
});

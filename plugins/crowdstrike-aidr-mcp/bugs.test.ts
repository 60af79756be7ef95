/** What a client gets when the plugin has a bug: an error with its own id, and nothing that was not inspected. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { historyOfProcess } from '../../src/inspection/history/history.ts';
import { KongRequest } from '../../src/kong/kong-request.ts';
import type { Pdk } from '../../src/kong/pdk.ts';
import { TICKET_HEADER } from '../../src/kong/send-to-relay.ts';
import { Relay } from '../../src/live/relay.ts';
import { startEmulator } from '../../testkit/aidr-emulator/index.ts';
import { MessageInstance } from '../shared/message-instance.ts';
import { Plugin } from './index.ts';

const KEY = 'pts_of_the_collector';
const SECRET = 'a secret of somebody';
const CALL = `{"jsonrpc":"2.0","id":"a-7","method":"tools/call","params":{"name":"mail","arguments":{"a":"${SECRET}"}}}`;
const LIST = '{"jsonrpc":"2.0","id":"a-7","method":"tools/list"}';
const LISTING = `{"jsonrpc":"2.0","id":"a-7","result":{"tools":[{"name":"${SECRET}"}]}}`;
const HEADERS = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' };
const REFUSED = { jsonrpc: '2.0', id: 'a-7', error: { code: -32603, data: { code: 'aidr_internal' } } };

const aidr = await startEmulator({ keys: [KEY] });
afterAll(() => aidr.stop());
afterEach(() => void vi.restoreAllMocks());

const configOf = (more: object) => ({
  ...{ ai_guard_api_key: KEY, ai_guard_api_base_url: aidr.url, on_blocked_tool: 'remove' },
  ...more,
});

/** The memory of tools is asked about every call and every listing here. */
const breakIt = () =>
  vi.spyOn(historyOfProcess, 'recall').mockImplementation(() => {
    throw new Error(SECRET);
  });

/** What Kong has of a request, and where it is told how it ended. */
function kongWith(body: string, answer: string, broken?: string, shared = new Map<unknown, unknown>()) {
  const asked: string[] = [];
  const exits: { status: number; body: string }[] = [];
  const lines: string[] = [];
  const values: Record<string, unknown> = {
    'request.getHeaders': { ...HEADERS, 'content-length': String(body.length) },
    'request.getRawBody': Buffer.from(body),
    'request.getPath': '/mcp',
    'response.getHeaders': { 'content-type': 'application/json' },
    'response.getStatus': 200,
    'service.response.getRawBody': Buffer.from(answer),
  };
  const call = (name: string) => async (first: unknown, second: unknown) => {
    if (name.startsWith('log.')) lines.push(String(first));
    if (name === 'response.exit') exits.push({ status: Number(first), body: String(second) });
    if (name === broken) throw new Error(SECRET);
    if (name === 'ctx.shared.set') shared.set(first, second);
    if (name === 'ctx.shared.get') return shared.get(first);
    asked.push(name);
    return values[name];
  };
  const at = (name: string): object =>
    new Proxy(call(name), {
      get: (_, key) => (typeof key === 'string' ? at(name === '' ? key : `${name}.${key}`) : undefined),
    });
  return { kong: at('') as Pdk, exits, lines, asked };
}

describe('a bug in a phase', () => {
  const config = configOf({ placement: 'phases' });

  it.each(['access', 'response'] as const)('of the inspection in %s answers the request', async (phase) => {
    const { kong, exits, lines } = kongWith(phase === 'access' ? CALL : LIST, LISTING);
    breakIt();
    await new Plugin(config)[phase](kong);
    // The response phase does not know what access learned here: nobody has left it a marker.
    const id = phase === 'access' ? 'a-7' : null;
    expect(exits.map(({ body }) => JSON.parse(body))).toMatchObject([{ ...REFUSED, id }]);
    expect(JSON.stringify([exits, lines])).not.toContain(SECRET);
    expect(lines.join()).toContain('internal');
  });

  it('of anything else answers whoever asked, whose id nobody has read', async () => {
    const { kong, exits, lines } = kongWith(CALL, LISTING, 'client.getConsumer');
    await new Plugin(config).access(kong);
    expect(exits).toMatchObject([{ status: 500 }]);
    expect(JSON.parse(exits[0]?.body ?? '')).toMatchObject({ ...REFUSED, id: null });
    expect(JSON.stringify([exits, lines])).not.toContain(SECRET);
  });

  it('of anything else in the response phase answers the request that access has read', async () => {
    const left = new Map();
    await new Plugin(config).access(kongWith(LIST, LISTING, undefined, left).kong);
    const { kong, exits, lines, asked } = kongWith(LIST, LISTING, 'log.setSerializeValue', left);
    await new Plugin(config).response(kong);
    expect(exits.map(({ body }) => JSON.parse(body))).toMatchObject([REFUSED]);
    expect(JSON.stringify([exits, lines])).not.toContain(SECRET);
    // Access has left who asks, and whether there was a body.
    for (const name of asked) expect(name).not.toMatch(/^(?:client|request)\.|^router/);
  });

  it('lets pass under audit', async () => {
    const { kong, exits } = kongWith(CALL, LISTING, 'client.getConsumer');
    await new Plugin({ ...config, enforcing_strategy: 'audit' }).access(kong);
    expect(exits).toEqual([]);
  });
});

describe('a bug in the relay', () => {
  const relay = new Relay();
  const heard: string[] = [];
  let answer = { type: 'application/json', body: LISTING };
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => heard.push(chunk.toString()));
    request.on('end', () => response.setHeader('content-type', answer.type).end(answer.body));
  });
  let port = 0;
  beforeAll(async () => {
    port = await relay.listen();
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    await relay.close();
    server.closeAllConnections();
    server.close();
  });

  async function through(body: string): Promise<{ text: string; lines: string[] }> {
    const instance = new MessageInstance('mcp', 'request', configOf({}));
    const { port: upstreamPort } = server.address() as AddressInfo;
    const ticket = relay.tickets.reserve() ?? '';
    const upstream = {
      ...({
        scheme: 'http',
        host: '127.0.0.1',
        port: upstreamPort,
        hostHeader: 'a',
        serverName: 'a',
      } as const),
      ...{ verifyTls: true, connectTimeout: 1_000, readTimeout: 1_000, retries: 0 },
    };
    const reports = { request: instance.relayReports('r'), response: instance.relayReports('r') };
    const admitted = {
      ...{ upstream, reports, inspector: instance.inspector, path: '/mcp', callerOf: () => ({}) },
      ...{ announced: { get: () => String(body.length) }, seeGuard: () => undefined },
    };
    relay.tickets.fill(ticket, admitted, 'a');
    const headers = { ...HEADERS, [TICKET_HEADER]: ticket };
    const reply = await fetch(`http://127.0.0.1:${port}/mcp`, { method: 'POST', headers, body });
    const text = await reply.text();
    // The lines wait for the next phase of any plugin.
    const { kong, lines } = kongWith('', '');
    const isTold = async () => {
      await instance.lines.writeWaiting(new KongRequest(kong));
      return lines.length;
    };
    await expect.poll(isTold).toBe(1);
    return { text, lines };
  }

  it.each([
    ['a request', CALL, 'application/json', ''],
    ['an answer', LIST, 'application/json', LISTING],
    ['an event', LIST, 'text/event-stream', `data: ${LISTING}\n\n`],
  ])('at %s answers the request', async (_what, asked, type, said) => {
    answer = { type, body: said };
    heard.length = 0;
    breakIt();
    const { text, lines } = await through(asked);
    expect(JSON.parse(text.replace(/^data: /, ''))).toMatchObject(REFUSED);
    expect(lines.join()).toContain('internal');
    expect(text + lines.join()).not.toContain(SECRET);
    expect(heard.join()).not.toContain(SECRET);
  });
});

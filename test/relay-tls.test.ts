/** The live relay in front of an upstream that speaks TLS. The certificate is made for the run: openssl is needed. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from '../dev/aidr/index.ts';
import { makeCertificate } from '../dev/certificate.ts';
import { startGuard } from '../src/guard/start.ts';
import { Relay } from '../src/relay/relay.ts';

const run = promisify(execFile);
const missing = await run('openssl', ['version']).then(
  () => undefined,
  () => 'openssl is not installed',
);

const ANSWER = JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', content: 'Hello!' } }] });

async function certificate(): Promise<{ key: Buffer; cert: Buffer }> {
  const folder = await mkdtemp(join(tmpdir(), 'aidr-tls-'));
  try {
    const { key, cert } = await makeCertificate(folder);
    return { key: await readFile(key), cert: await readFile(cert) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe.skipIf(missing)(`the live relay over TLS${missing ? ` (did not run: ${missing})` : ''}`, () => {
  let aidr: Emulator;
  let relay: Relay;
  let port: number;
  let upstream: Server;
  let asked: { name: unknown; host: string | undefined }[];

  beforeAll(async () => {
    aidr = await startEmulator();
    relay = new Relay();
    port = await relay.listen();
    asked = [];
    upstream = createServer(await certificate(), (request, response) => {
      const { servername } = request.socket as TLSSocket & { servername?: unknown };
      asked.push({ name: servername, host: request.headers.host });
      response.setHeader('content-type', 'application/json').end(ANSWER);
    });
    upstream.listen(0, '127.0.0.1');
    await once(upstream, 'listening');
  });

  afterAll(async () => {
    await relay?.close();
    upstream?.closeAllConnections();
    upstream?.close();
    await aidr?.stop();
  });

  function ticket(verifyTls: boolean): string {
    const { guard } = startGuard(
      {
        ai_guard_api_key: 'pts_demo',
        ai_guard_api_base_url: aidr.url,
        upstream_llm: { provider: 'openai', api_uri: '/v1/chat/completions' },
        response_mode: 'live',
      },
      'response',
    );
    const nothing = () => undefined;
    const issued = relay.tickets.issue({
      upstream: {
        scheme: 'https',
        host: '127.0.0.1',
        port: (upstream.address() as AddressInfo).port,
        hostHeader: 'localhost',
        verifyTls,
        connectTimeout: 2_000,
        readTimeout: 2_000,
      },
      guard,
      caller: {},
      path: '/v1/chat/completions',
      hadBody: true,
      legacy: { encryptions: [] },
      isAudit: false,
      report: nothing,
      reportDropped: nothing,
      reportBroken: nothing,
      warn: nothing,
    });
    return issued ?? '';
  }

  async function ask(id: string): Promise<{ status: number | undefined; text: string }> {
    const request = httpRequest({
      port,
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { 'x-aidr-relay-ticket': id },
    });
    request.end('{}');
    const [response] = await once(request, 'response');
    let text = '';
    for await (const data of response.setEncoding('utf8')) text += data;
    return { status: response.statusCode, text };
  }

  it('asks for the name that Kong would ask for, and takes any certificate where the service does', async () => {
    expect(await ask(ticket(false))).toEqual({ status: 200, text: ANSWER });
    expect(asked).toEqual([{ name: 'localhost', host: 'localhost' }]);
  });

  it('refuses a certificate that nobody trusts where the service verifies', async () => {
    const before = asked.length;
    const { status, text } = await ask(ticket(true));
    expect({ status, reason: JSON.parse(text).reason }).toEqual({
      status: 502,
      reason: 'the upstream cannot be reached',
    });
    expect(asked).toHaveLength(before);
  });
});

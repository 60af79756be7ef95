/** The live relay in front of an upstream that speaks TLS. The certificate is made for the run: openssl is needed. */
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInspector } from '../src/inspection/create-inspector.ts';
import { type CompletedInspection, recordOf } from '../src/inspection/report/record.ts';
import { Relay } from '../src/live/relay.ts';
import { type Emulator, startEmulator } from '../testkit/aidr-emulator/index.ts';
import { makeCertificate, missingOpenssl } from '../testkit/harness/certificate.ts';

const missing = await missingOpenssl();

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
  let warnings: string[];

  beforeAll(async () => {
    aidr = await startEmulator();
    relay = new Relay();
    port = await relay.listen();
    asked = [];
    warnings = [];
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

  function ticket(verifyTls: boolean, serverName = 'localhost'): string {
    const { inspector } = createInspector(
      {
        ai_guard_api_key: 'pts_demo',
        ai_guard_api_base_url: aidr.url,
        upstream_llm: { provider: 'openai', api_uri: '/v1/chat/completions' },
        response_mode: 'live',
      },
      'response',
    );
    const nothing = () => undefined;
    const told = (ended: CompletedInspection, tookMs: number) => recordOf(inspector, ended, tookMs);
    const issued = relay.tickets.issue({
      upstream: {
        scheme: 'https',
        host: '127.0.0.1',
        port: (upstream.address() as AddressInfo).port,
        hostHeader: 'host-of-client.example',
        serverName,
        verifyTls,
        connectTimeout: 2_000,
        readTimeout: 2_000,
        retries: 0,
      },
      callerOf: () => ({}),
      answer: {
        inspector,
        path: '/v1/chat/completions',
        client: {},
        hadBody: true,
        carryOver: { encryptions: [] },
        isAudit: false,
        describe: told,
        report: told,
        exposed: () => ({}),
        reportDropped: nothing,
        reportBroken: nothing,
        warn: (text: string) => void warnings.push(text),
      },
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

  it.each([
    ['the name that it is told', 'api.example', 'api.example'],
    ['no name where it is told an address', '10.0.0.1', false],
  ])(
    'asks for %s, whatever stands in Host, and takes any certificate where the service does',
    async (_what, told, name) => {
      asked = [];
      expect(await ask(ticket(false, told))).toEqual({ status: 200, text: ANSWER });
      expect(asked).toEqual([{ name, host: 'host-of-client.example' }]);
      expect(warnings).toEqual([]);
    },
  );

  it('refuses a certificate that nobody trusts where the service verifies, and says so', async () => {
    asked = [];
    const { status, text } = await ask(ticket(true));
    expect({ status, reason: JSON.parse(text).reason }).toEqual({
      status: 502,
      reason: 'the certificate of the upstream is not trusted',
    });
    expect(asked).toEqual([]);
    expect(warnings).toEqual([
      'the live relay does not trust the certificate of 127.0.0.1 as one of localhost (DEPTH_ZERO_SELF_SIGNED_CERT)',
    ]);
  });
});

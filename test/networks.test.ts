/**
 * The networks of companies, with real sockets: a forward proxy, authorities of their own, mutual TLS, IPv6; each as it has
 * to be, and each wrong. The certificates are made for the run: openssl is needed.
 */
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from '../testkit/aidr-emulator/index.ts';
import {
  type Certificate,
  makeAuthority,
  missingOpenssl,
  signCertificate,
} from '../testkit/harness/certificate.ts';
import { type ForwardProxy, startForwardProxy } from '../testkit/harness/forward-proxy.ts';
import { embedded } from '../testkit/harness/gateways/embedded.ts';
import { kong } from '../testkit/harness/gateways/kong.ts';
import { SERVER } from '../testkit/harness/server-process.ts';
import { type RouteVariant, type Stage, startStage } from '../testkit/harness/stage.ts';
import { startTlsFront, type TlsFront } from '../testkit/harness/tls-front.ts';

const missing = await missingOpenssl();
const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((one) => one?.address === '::1');

const CREDENTIALS = { user: 'aidr', password: 's3cret:@' };
const IN_URL = 'aidr:s3cret%3A%40@';
const PROMPT = JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }] });

describe.skipIf(missing)(`networks${missing ? ` (did not run: ${missing})` : ''}`, () => {
  let folder: string;
  let authority: Certificate;
  let server: Certificate;
  let client: Certificate;
  let stranger: Certificate;
  let proxy: ForwardProxy;
  let envFile: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aidr-networks-'));
    const other = await mkdtemp(join(folder, 'other-'));
    authority = await makeAuthority(folder);
    server = await signCertificate(folder, authority, 'aidr.example');
    client = await signCertificate(folder, authority, 'gateway');
    stranger = await signCertificate(other, await makeAuthority(other), 'stranger');
    for (const { key } of [client, stranger]) await chmod(key, 0o640);
    proxy = await startForwardProxy({ credentials: CREDENTIALS });
    const url = proxy.url.replace('://', `://${IN_URL}`);
    envFile = await secretFile('network.env', `https_proxy=${url}\nhttp_proxy=${url}\nno_proxy=.internal\n`);
  });
  afterAll(async () => {
    await proxy?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function secretFile(name: string, text: string): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  }

  const identity = ({ cert, key }: Certificate) => ['--client-cert', cert, '--client-key', key];

  async function front(options: object = {}, host?: string): Promise<TlsFront> {
    const own = { key: await readFile(server.key), cert: await readFile(server.cert) };
    return startTlsFront({ ...own, ...options }, '', host);
  }

  /** It asks for a certificate that the authority has signed. */
  const mutual = async () => ({ requestCert: true, ca: await readFile(authority.cert) });

  describe('the check of AIDR', () => {
    let aidr: Emulator;
    let fronts: TlsFront[];
    beforeEach(async () => {
      aidr = await startEmulator();
      fronts = [];
    });
    afterEach(async () => {
      for (const one of fronts) await one.stop();
      await aidr.stop();
    });

    const originOf = () => new URL(aidr.url).origin;

    async function tlsUrl(options: object = {}, name = 'aidr.example'): Promise<string> {
      const started = await front(options);
      started.target = originOf();
      fronts.push(started);
      return `https://${name}:${started.port}/aidr/aiguard`;
    }

    async function check(url: string, args: string[], env: Record<string, string> = {}) {
      const all = { CS_AIDR_TOKEN: 'pts_demo', CS_AIDR_BASE_URL: url, ...env };
      const running = promisify(execFile)(process.execPath, [SERVER, '--check', '--aidr', ...args], {
        env: all,
      });
      const { stdout, stderr } = await running.catch((failed) => failed);
      expect(stdout + stderr).not.toMatch(/s3cret|pts_demo|PRIVATE KEY/);
      return stdout.replaceAll(/127\.0\.0\.1:\d+/g, 'P').replaceAll(/:\d{4,5}\b/g, ':N') + stderr;
    }

    const WELL =
      'ok  AIDR key: AIDR accepts the key\nok  AIDR policy: policy aidr_input_policy lets two harmless words pass\n';
    const THROUGH = 'ok  AIDR DNS: 127.0.0.1 is an address\nok  AIDR proxy: P connects to aidr.example:N\n';
    const TRUSTED = 'ok  AIDR TLS: TLSv1.3, its certificate is trusted\n';

    it('goes through a proxy with credentials to a server of a private authority that wants our certificate', async () => {
      const args = ['--env-file', envFile, '--ca-file', authority.cert, ...identity(client)];
      expect(await check(await tlsUrl(await mutual()), args)).toBe(THROUGH + TRUSTED + WELL);
      expect(fronts[0]?.clients).toEqual(['gateway']);
    });

    it.each<[string, (url: string) => [string, string[]], string]>([
      [
        'DNS',
        () => ['https://nowhere.invalid/aidr/aiguard', []],
        'failed  AIDR DNS: nowhere.invalid has no address (ENOTFOUND): check the name and the resolver, or name a proxy with --https-proxy',
      ],
      [
        'the connection',
        () => ['http://127.0.0.1:9/aidr/aiguard', []],
        'failed  AIDR connection: 127.0.0.1:9 cannot be reached (ECONNREFUSED): open the firewall, or name the proxy',
      ],
      [
        'a proxy that is not there',
        (url) => [url, ['--https-proxy', 'http://127.0.0.1:9']],
        'failed  AIDR proxy: the proxy 127.0.0.1:9 cannot be reached (ECONNREFUSED): check host and port of https_proxy',
      ],
      [
        'credentials that are missing',
        (url) => [url, ['--https-proxy', proxy.url]],
        'failed  AIDR proxy: the proxy P asks for a user and a password (407): put user and password into https_proxy',
      ],
      [
        'an authority that nobody named',
        (url) => [url, ['--env-file', envFile]],
        'failed  AIDR TLS: UNABLE_TO_VERIFY_LEAF_SIGNATURE: name the authority of its certificate',
      ],
    ])('says that it is %s', async (_what, place, finding) => {
      const [url, args] = place(await tlsUrl());
      expect(await check(url, args)).toContain(finding.replace('127.0.0.1:9 ', 'P '));
    });

    it('says that it is credentials that are wrong, and not which', async () => {
      const file = await secretFile(
        'wrong.env',
        `HTTPS_PROXY=${proxy.url.replace('://', '://aidr:s3cret@')}\n`,
      );
      const told = await check(await tlsUrl(), ['--env-file', file]);
      expect(told).toContain(
        'failed  AIDR proxy: the proxy P refuses our credentials (407): put user and password',
      );
    });

    it.each<[string, Certificate | undefined]>([
      ['no certificate of ours', undefined],
      ["another authority's certificate of ours", { cert: 'stranger', key: 'stranger' }],
    ])('says that it is %s', async (_what, which) => {
      const args = ['--env-file', envFile, '--ca-file', authority.cert, ...(which ? identity(stranger) : [])];
      const told = await check(await tlsUrl(await mutual()), args);
      expect(told).toMatch(/failed {2}AIDR (TLS|answer): .*--client-cert/);
      expect(told).not.toContain('AIDR key');
    });

    it('says that it is the name of the certificate', async () => {
      const url = await tlsUrl({}, 'other.example');
      const told = await check(url, ['--env-file', envFile, '--ca-file', authority.cert]);
      expect(told).toContain(
        'failed  AIDR TLS: ERR_TLS_CERT_ALTNAME_INVALID: its certificate is for another host',
      );
    });

    it.each<[string, Record<string, string>, { status: number } | undefined, string]>([
      [
        'the key',
        { CS_AIDR_TOKEN: 'pts_wrong' },
        undefined,
        'failed  AIDR key: unauthorized: AIDR answered with status 401: copy the token',
      ],
      [
        'the policy',
        {},
        { status: 403 },
        'failed  AIDR policy: unauthorized: AIDR answered with status 403: look at the collector',
      ],
      [
        'the path',
        {},
        { status: 404 },
        'failed  AIDR answer: rejected_input: AIDR answered with status 404: check that the base URL',
      ],
    ])('says that it is %s', async (_what, env, fault, finding) => {
      if (fault) aidr.fault({ kind: 'status', ...fault });
      expect(await check(aidr.url, [], env)).toContain(finding);
    });

    it('leaves the proxy out for what no_proxy names, and for this machine', async () => {
      const before = proxy.targets.length;
      expect(await check(aidr.url, ['--env-file', envFile])).toContain(
        `ok  AIDR connection: P is reached\n${WELL}`,
      );
      const told = await check('https://aidr.internal:443/aidr/aiguard', ['--env-file', envFile]);
      expect(told).toContain('failed  AIDR DNS: aidr.internal has no address');
      expect(proxy.targets).toHaveLength(before);
    });

    it('takes proxies from its own environment, too', async () => {
      const told = await check(await tlsUrl(), ['--ca-file', authority.cert], {
        https_proxy: proxy.url.replace('://', `://${IN_URL}`),
      });
      expect(told).toBe(THROUGH + TRUSTED + WELL);
    });

    it.skipIf(!hasIpv6)('reaches AIDR over IPv6', async () => {
      const over = await startTlsFront(
        { key: await readFile(server.key), cert: await readFile(server.cert) },
        originOf(),
        '::1',
      );
      fronts.push(over);
      const told = await check(`https://[::1]:${over.port}/aidr/aiguard`, ['--ca-file', authority.cert]);
      // The address is verified as every name is, and the certificate has no address in it.
      expect(told).toContain(
        'ok  AIDR connection: [::1]:N is reached\nfailed  AIDR TLS: ERR_TLS_CERT_ALTNAME_INVALID',
      );
      const plain = await startEmulator({ host: '::1' });
      try {
        expect(await check(plain.url, [])).toContain(WELL);
      } finally {
        await plain.stop();
      }
    });

    it.each<[string, () => Promise<string[]>, string]>([
      [
        'a file of variables that everybody may read',
        async () => {
          const file = await secretFile('open.env', 'https_proxy=http://u:s3cret@proxy.example');
          await chmod(file, 0o644);
          return ['--env-file', file];
        },
        'everybody on this machine may read it: use chmod o=',
      ],
      [
        'a variable without effect',
        async () => ['--env-file', await secretFile('odd.env', 's3cret=1')],
        'it holds a variable that has no effect',
      ],
      [
        'a key that is not that of the certificate',
        async () => ['--client-cert', client.cert, '--client-key', stranger.key],
        'the key is not that of the certificate',
      ],
      [
        'a proxy of another kind',
        async () => ['--https-proxy', 'socks5://proxy.example:1080'],
        'https_proxy: only proxies with http:// and https:// are supported',
      ],
      ['a list that is none', async () => ['--no-proxy', '10.0.0.0/33'], 'no_proxy: 10.0.0.0/33 is no host'],
    ])('does not begin with %s', async (_what, args, problem) => {
      expect(await check('http://127.0.0.1:9/aidr', await args())).toContain(problem);
    });
  });

  for (const driver of [embedded, kong]) {
    describe(`traffic through ${driver.name}`, async () => {
      const gatewayMissing = await driver.missing();
      if (gatewayMissing !== undefined) {
        it(`did not run: ${gatewayMissing}`, (test) => test.skip(gatewayMissing));
        return;
      }
      let stage: Stage;
      let aidrFront: TlsFront;
      beforeAll(async () => {
        aidrFront = await front(await mutual());
        const base = `https://aidr.example:${aidrFront.port}/aidr/aiguard`;
        const stranded = { ai_guard_api_base_url: base.replace('aidr.example', 'aidr.internal') };
        const own = { cert: await readFile(client.cert, 'utf8'), key: await readFile(client.key, 'utf8') };
        const tenant = {
          ...{ ai_guard_api_base_url: base, ai_guard_client_cert: own.cert, ai_guard_client_key: own.key },
        };
        const relayed = (upstream_url: string) => ({ ...tenant, placement: 'relay', upstream_url });
        const routes: Record<string, RouteVariant> = {
          stranger: { config: { ai_guard_api_base_url: base } },
          stranded: { config: stranded },
          lenient: { config: { ...stranded, enforcing_strategy: 'enforce_but_ignore_on_error' } },
          tenant: { config: tenant },
          relayed: { config: (url) => relayed(url.replace('127.0.0.1', 'llm.example')) },
          unserved: { config: relayed('http://llm.example:9') },
          unknown: { config: relayed('http://llm.internal:80') },
        };
        const serverOptions = ['--env-file', envFile, ...identity(stranger)];
        stage = await startStage({
          ...{ driver, pluginServer: 'aidr', routes, caFile: authority.cert, serverOptions },
        });
        aidrFront.target = new URL(stage.aidr.url).origin;
      });
      afterAll(async () => {
        await stage?.stop();
        await aidrFront?.stop();
      });
      beforeEach(() => {
        stage.reset();
        proxy.targets.length = 0;
        aidrFront.clients.length = 0;
      });

      it("shows AIDR the tenant's own certificate, through the proxy", async () => {
        expect(await stage.post(PROMPT, { route: 'tenant' })).toMatchObject({ status: 200 });
        expect(aidrFront.clients).toEqual(['gateway', 'gateway']);
        expect(proxy.targets).toContain(`aidr.example:${aidrFront.port}`);
        expect(stage.aidr.calls).toHaveLength(2);
      });

      it("refuses what cannot be inspected because AIDR does not take this process's certificate", async () => {
        const { status, text } = await stage.post(PROMPT, { route: 'stranger' });
        expect({ status, text }).toMatchObject({ status: 503, text: expect.stringContaining('unreachable') });
        expect(stage.provider.requests).toHaveLength(0);
      });

      it('goes to nobody without an address where no_proxy names AIDR, and fails as the strategy says', async () => {
        expect(await stage.post(PROMPT, { route: 'stranded' })).toMatchObject({ status: 503 });
        expect(await stage.record('request')).toMatchObject({
          failure: 'unreachable',
          failure_detail: 'no connection to AIDR (ENOTFOUND)',
        });
        expect(await stage.post(PROMPT, { route: 'lenient' })).toMatchObject({ status: 200 });
        expect(proxy.targets).toEqual([]);
      });

      it('reaches the provider of the relay through the proxy, again and again on one connection', async () => {
        for (const _ of [1, 2, 3]) {
          expect(await stage.post(PROMPT, { route: 'relayed' })).toMatchObject({ status: 200 });
        }
        const provider = `llm.example:${new URL(stage.provider.url).port}`;
        expect(proxy.targets.filter((target) => target === provider)).toHaveLength(1);
        expect(stage.provider.requests).toHaveLength(3);
        for (const { headers } of stage.provider.requests) {
          expect(headers).toMatchObject({ host: provider });
          expect(headers).not.toHaveProperty('proxy-authorization');
        }
      });

      it.each([
        [
          'unserved',
          /the relay gets no connection to llm\.example: the proxy 127\.0\.0\.1:\d+ refuses to connect \(502\)/,
        ],
        ['unknown', /the live relay finds no address for llm\.internal/],
      ])('says why there is no provider: %s', async (route, line) => {
        expect(await stage.post(PROMPT, { route })).toMatchObject({ status: 502 });
        await stage.post(PROMPT, { route: 'tenant' });
        await expect.poll(() => stage.gateway.log()).toMatch(line);
      });

      it('lets no client have a say in which proxy is used, or what it is told', async () => {
        const headers = {
          'proxy-authorization': 'Basic Zm9vOmJhcg==',
          'x-forwarded-host': 'evil.example',
          proxy: 'http://evil.example:3128',
        };
        expect(await stage.post(PROMPT, { route: 'relayed', headers })).toMatchObject({ status: 200 });
        expect(stage.provider.requests[0]?.headers).not.toHaveProperty('proxy-authorization');
        expect(proxy.targets.join(' ')).not.toContain('evil');
      });
    });
  }
});

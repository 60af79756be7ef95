/** The files under deploy/ agree with the image, with each other and with the code. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import packageJson from '../package.json' with { type: 'json' };
import { sentence } from '../src/cli/check/finding.ts';
import { check } from '../src/cli/check/index.ts';
import {
  readEnvironment,
  settingsOf as readSettings,
  type SettingsSource,
} from '../src/cli/check/settings.ts';
import { loadConfig } from '../src/config/load.ts';
import { BATCH_HOOK_PLUGIN } from '../src/kong/batch-hook-plugin.ts';
import { guardPlugin } from '../src/kong/guard-plugin.ts';
import {
  BATCH_HOOK_LUA,
  GUARD_ACCESS_LUA,
  GUARD_BODY_FILTER_LUA,
  GUARD_HEADER_FILTER_LUA,
} from '../src/kong/lua/lua-files.ts';
import { PLUGINS } from '../testkit/harness/plugin-servers.ts';
import { finalStage, imageEnvironment, imageHealthCheck } from './dockerfile.ts';

/** Milliseconds; the largest `timeout`. */
const LONGEST_INSPECTION = 45_000;

const LLM_PLUGINS = PLUGINS.slice(0, 2);

const GUARD = guardPlugin(['request', 'response'], false);

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '..');
const read = (file: string) => readFile(join(root, file), 'utf8');

/** Names and values of the plugin servers in a Kong's settings. */
function pluginServersOf(settings: Record<string, string>) {
  return String(settings.pluginserver_names)
    .split(',')
    .map((name) => {
      const prefix = `pluginserver_${name.replaceAll('-', '_')}`;
      return {
        name,
        socket: settings[`${prefix}_socket`],
        query: settings[`${prefix}_query_cmd`],
        start: settings[`${prefix}_start_cmd`],
      };
    });
}

/** `KONG_…` variables as Kong's own settings. */
function settingsOf(environment: Record<string, string>): Record<string, string> {
  const own = Object.entries(environment).filter(([name]) => name.startsWith('KONG_'));
  return Object.fromEntries(own.map(([name, value]) => [name.slice('KONG_'.length).toLowerCase(), value]));
}

/** Where metrics are served in a container: whoever may reach the network of the container. */
const METRICS = '0.0.0.0:9542';

/** How the plugin server writes. */
const LINES = ['--log-format', 'json'];

/** Where Kong starts it, Kong would keep what comes over standard error; this is the standard output of the container. */
const TO_STDOUT = ['--log-file', '/proc/1/fd/1'];

/** What a plugin server and a Kong that runs beside it have to say alike. */
function expectBesideEachOther(settings: Record<string, string>, command: string[], metrics = METRICS) {
  const servers = pluginServersOf(settings);
  expect(servers.map(({ query }) => query)).toEqual(
    PLUGINS.map((plugin) => `${command.slice(0, 2).join(' ')} --dump ${plugin}`),
  );
  const sockets = servers.flatMap(({ socket }, index) => ['--socket', `${PLUGINS[index]}=${socket}`]);
  expect(command.slice(2)).toEqual(['--replace', '--metrics', metrics, ...LINES, ...sockets]);
}

/** The start command of a plugin server, as the health check that goes with it. */
function checkOf(command: string[]): string[] {
  const words = command.filter(
    (word) => !['--detach', '--metrics', METRICS, ...LINES, ...TO_STDOUT].includes(word),
  );
  return words.map((word) => (word === '--replace' ? '--check' : word));
}

describe('the image', () => {
  it('starts one plugin server for all plugins', async () => {
    const settings = settingsOf(await imageEnvironment());
    expect(settings.plugins).toBe(['bundled', ...PLUGINS].join(','));
    const [first, ...others] = pluginServersOf(settings);
    expect(others.map(({ start }) => start)).toEqual([undefined, undefined]);
    const command = String(first?.start).split(' ');
    expect(command).toContain('--detach');
    expect(command.join(' ')).toContain(TO_STDOUT.join(' '));
    const query = String(first?.query);
    const said = { pluginserver_aidr_request_query_cmd: query.replace(' --expect-env CS_AIDR_TOKEN', '') };
    expectBesideEachOther(
      { ...settings, ...said },
      command.filter((word) => !['--detach', ...TO_STDOUT].includes(word)),
    );
  });

  it('says at start that there is no token, once', async () => {
    const servers = pluginServersOf(settingsOf(await imageEnvironment()));
    const { services } = parse(await read('kong.yaml'));
    expect(services[0].plugins[0].config.ai_guard_api_key).toBe('{vault://env-cs-aidr/token}');
    const expecting = servers.map(({ query }) => String(query).endsWith(' --expect-env CS_AIDR_TOKEN'));
    expect(expecting).toEqual([true, false, false]);
  });

  it('is healthy when Kong answers and the plugin server answers on its sockets', async () => {
    const check = await imageHealthCheck();
    const [server] = pluginServersOf(settingsOf(await imageEnvironment()));
    expect(check).toBe(`kong-health && ${checkOf(String(server?.start).split(' ')).join(' ')}`);
  });
});

describe("Kong's settings", () => {
  const warningsOf = async (settings: [SettingsSource], ...files: string[]) => {
    const inputs = await Promise.all(files.map(async (file) => ({ file, text: await read(file) })));
    const { findings } = check(inputs, readSettings(settings));
    return findings.filter(({ level }) => level !== 'info').map(sentence);
  };

  it('in the image pass `aidr-kong check --strict`', async () => {
    const environment = await imageEnvironment();
    expect(await warningsOf([readEnvironment(environment)], 'kong.yaml')).toEqual([]);
    const without = Object.entries(environment).filter(([name]) => !/BODY_BUFFER|SSL_VERIFY/.test(name));
    const found = await warningsOf([readEnvironment(Object.fromEntries(without))], 'kong.yaml');
    expect(found).toHaveLength(2);
  });

  it('of the chart pass it, too', async () => {
    const { env } = parse(await read('deploy/kubernetes/values.yaml'));
    const values = new Map(Object.entries<string>(env));
    const chart = { file: 'values.yaml', values, spell: (name: string) => name };
    const files = ['plugins.yaml', 'ingress.yaml'].map((file) => `deploy/kubernetes/${file}`);
    expect(await warningsOf([chart], ...files)).toEqual([]);
  });

  it.each([
    ['deploy/compose/docker-compose.yaml', 'kong'],
    ['deploy/konnect/docker-compose.yaml', 'data-plane'],
  ])('of %s pass it in the image', async (file, service) => {
    const { services } = parse(await read(file), { merge: true });
    const environment = { ...(await imageEnvironment()), ...services[service].environment };
    expect(await warningsOf([readEnvironment(environment)], 'kong.yaml')).toEqual([]);
  });
});

describe('every deployment file', () => {
  it.each(['deploy/compose/docker-compose.yaml', 'deploy/konnect/docker-compose.yaml'])(
    '%s names the image in one variable',
    async (file) => {
      const text = await read(file);
      expect(text.match(/kong-crowdstrike-aidr\}/g)).toHaveLength(1);
      const { services } = parse(text, { merge: true });
      const { database: _, ...ours } = services;
      for (const [name, { image }] of Object.entries<{ image: string }>(ours))
        expect(image, name).toBe(`\${AIDR_IMAGE:-kong-crowdstrike-aidr}`);
    },
  );

  it("values.yaml names the image in one place, with this package's version", async () => {
    const text = await read('deploy/kubernetes/values.yaml');
    expect(text.match(/registry\.example\.com\S*/g)).toEqual([
      `registry.example.com/kong-crowdstrike-aidr:${packageJson.version}`,
    ]);
  });

  it.each([
    'Dockerfile',
    'deploy/compose/docker-compose.yaml',
    'deploy/konnect/docker-compose.yaml',
    'deploy/kubernetes/values.yaml',
    'deploy/systemd/crowdstrike-aidr.service',
  ])('%s has the metrics on, and lines as JSON', async (file) => {
    const text = await read(file);
    expect(text).toMatch(/--metrics\s+(- )?(0\.0\.0\.0|127\.0\.0\.1):9542/);
    expect(text).toMatch(/--log-format\s+(- )?json\b/);
  });

  it("writes Kong's access log as JSON, too, in the image and wherever something else is said", async () => {
    const { KONG_NGINX_HTTP_LOG_FORMAT: format, ...image } = await imageEnvironment();
    const log = '/dev/stdout aidr_json';
    expect(format).toMatch(/^aidr_json escape=json '\{"time":"\$time_iso8601",.*\}'$/);
    expect(image).toMatchObject({ KONG_PROXY_ACCESS_LOG: log, KONG_ADMIN_ACCESS_LOG: log });
    const { env } = parse(await read('deploy/kubernetes/values.yaml'));
    expect(env).toMatchObject({ proxy_access_log: log, admin_access_log: log });
    for (const file of ['deploy/compose/docker-compose.yaml', 'deploy/konnect/docker-compose.yaml'])
      expect(await read(file)).not.toMatch(/ACCESS_LOG|LOG_FORMAT/);
  });
});

describe('deploy/konnect', () => {
  const dataPlane = async () => {
    const { services, secrets } = parse(await read('deploy/konnect/docker-compose.yaml'), { merge: true });
    return { server: services['plugin-server'], kong: services['data-plane'], secrets };
  };

  it('runs the plugin server beside the data plane, without rights', async () => {
    const { server, kong } = await dataPlane();
    expectBesideEachOther(settingsOf(kong.environment), server.command);
    const inContainer = settingsOf({ ...(await imageEnvironment()), ...kong.environment });
    expect(pluginServersOf(inContainer).map(({ start }) => start)).toEqual([undefined, undefined, undefined]);
    expect(kong.volumes).toEqual(server.volumes);
    for (const service of [server, kong])
      expect(service).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        stop_grace_period: '2m',
      });
  });

  it('takes the certificate and its key as files, which git and the image do not take', async () => {
    const { kong, secrets } = await dataPlane();
    expect(kong.environment).toMatchObject({
      KONG_CLUSTER_CERT: '/run/secrets/cluster-certificate',
      KONG_CLUSTER_CERT_KEY: '/run/secrets/cluster-key',
    });
    expect(kong.secrets).toEqual(Object.keys(secrets));
    for (const ignored of ['.gitignore', '.dockerignore'])
      for (const { file } of Object.values<{ file: string }>(secrets))
        expect(await read(ignored)).toContain(join('deploy/konnect', file));
    expect(JSON.stringify(kong)).not.toContain('BEGIN ');
  });

  it('creates the schemas, and replaces them when they are there', async () => {
    const konnect = await startKonnect();
    try {
      const first = await uploadSchemas(konnect.url);
      expect(first).toBe(PLUGINS.map((plugin) => `POST ${plugin}\n`).join(''));
      expect(konnect.schemas.get('crowdstrike-aidr-request')).toMatch(/^return \{/);
      konnect.schemas.set('crowdstrike-aidr-request', 'of an earlier version');
      expect(await uploadSchemas(konnect.url)).toBe(first.replaceAll('POST', 'PUT'));
      expect(konnect.schemas.get('crowdstrike-aidr-request')).toMatch(/^return \{/);
      expect(konnect.schemas.size).toBe(3);
    } finally {
      await konnect.stop();
    }
  });

  it('says what Konnect said when it refuses, and not the token', async () => {
    const konnect = await startKonnect();
    try {
      const refused = await uploadSchemas(konnect.url, 'another-token').catch((error) => error);
      expect(refused).toMatchObject({
        code: 1,
        stderr: 'schemas.sh: GET crowdstrike-aidr-request: Konnect answered 401 no such token\n',
      });
      expect(konnect.schemas.size).toBe(0);
    } finally {
      await konnect.stop();
    }
  });
});

const KONNECT_TOKEN = 'kpat_demo';

async function uploadSchemas(url: string, token = KONNECT_TOKEN): Promise<string> {
  const { stdout } = await run('sh', [join(root, 'deploy/konnect/schemas.sh')], {
    env: {
      PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
      ...{ KONNECT_URL: url, KONNECT_TOKEN: token, CONTROL_PLANE_ID: 'cp-1' },
    },
  });
  return stdout;
}

/** As much of Konnect as the script asks of it. */
async function startKonnect() {
  const schemas = new Map<string, string>();
  const server = createServer(async (request, response) => {
    const [, name] =
      /^\/v2\/control-planes\/cp-1\/core-entities\/plugin-schemas(?:\/(.+))?$/.exec(request.url ?? '') ?? [];
    const end = (status: number, text = '') => response.writeHead(status).end(text);
    if (request.headers.authorization !== `Bearer ${KONNECT_TOKEN}`) return end(401, 'no such token');
    if (request.method === 'GET') return end(schemas.has(name ?? '') ? 200 : 404);
    const { lua_schema: schema } = JSON.parse(await text(request));
    const named = name ?? /name = "([\w-]+)"/.exec(schema)?.[1] ?? '';
    if ((request.method === 'POST') === schemas.has(named)) return end(409);
    schemas.set(named, schema);
    return end(request.method === 'POST' ? 201 : 200);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = () => once(server.close(), 'close');
  return { url: `http://127.0.0.1:${port}`, schemas, stop };
}

describe('deploy/compose', () => {
  const compose = async (file: string) => parse(await read(`deploy/compose/${file}`), { merge: true });

  it('runs the plugin server beside Kong, under names for which the image knows no start command', async () => {
    const { services } = await compose('docker-compose.yaml');
    const settings = settingsOf(services.kong.environment);
    expectBesideEachOther(settings, services['plugin-server'].command);
    const inContainer = settingsOf({ ...(await imageEnvironment()), ...services.kong.environment });
    expect(pluginServersOf(inContainer).map(({ start }) => start)).toEqual([undefined, undefined, undefined]);
    expect(services.kong.volumes).toEqual(services['plugin-server'].volumes);
    const { command, healthcheck } = services['plugin-server'];
    expect(healthcheck.test).toEqual(['CMD', ...checkOf(command)]);
    expect(services.kong.healthcheck.test).toEqual(['CMD', 'kong-health']);
  });

  it('holds no secret, publishes the Admin API on loopback alone, and wants a token', async () => {
    const { services, secrets } = await compose('docker-compose.yaml');
    expect(services.kong.ports).toEqual(['8000:8000', '127.0.0.1:8001:8001']);
    expect(services.kong.environment.CS_AIDR_TOKEN).toMatch(/^\$\{CS_AIDR_TOKEN:\?.+\}$/);
    expect(secrets).toEqual({ 'database-password': { file: './database-password.txt' } });
    for (const ignored of ['.gitignore', '.dockerignore'])
      expect(await read(ignored)).toContain('deploy/compose/database-password.txt');
    for (const [name, service] of Object.entries<{ environment?: object }>(services))
      expect(Object.keys(service.environment ?? {}), name).not.toContainEqual(
        expect.stringMatching(/PASSWORD$/),
      );
  });

  it('starts Kong after the migrations, one after the other, and the plugin server', async () => {
    const { services } = await compose('docker-compose.yaml');
    const awaited = (name: string) =>
      Object.entries<{ condition: string }>(services[name].depends_on ?? {}).map(
        ([dependency, { condition }]) => `${dependency} ${condition}`,
      );
    expect(awaited('migrations-bootstrap')).toEqual(['database service_healthy']);
    expect(awaited('migrations-up')).toEqual(['migrations-bootstrap service_completed_successfully']);
    expect(awaited('migrations-finish')).toEqual(['migrations-up service_completed_successfully']);
    expect(awaited('kong')).toEqual([
      'migrations-finish service_completed_successfully',
      'plugin-server service_healthy',
    ]);
    expect(services.database.healthcheck.test).toContain('pg_isready');
  });

  it('stops no request: each container gets longer than two inspections can take', async () => {
    const { services } = await compose('docker-compose.yaml');
    for (const name of ['kong', 'plugin-server']) {
      const [, minutes] = /^(\d+)m$/.exec(services[name].stop_grace_period) ?? [];
      expect(Number(minutes) * 60_000, name).toBeGreaterThan(2 * LONGEST_INSPECTION);
    }
  });

  it('runs Kong and the plugin server without rights, on file systems that cannot be changed', async () => {
    const { services } = await compose('docker-compose.yaml');
    for (const name of ['kong', 'plugin-server'])
      expect(services[name], name).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
    const prefix = services.kong.environment.KONG_PREFIX;
    expect(services.kong.tmpfs).toEqual(['/tmp', prefix]);
    // A tmpfs takes over the mode of what it is mounted on, and the user in the container is none that Compose knows.
    expect((await finalStage()).join('\n')).toContain(` install -d -m 1777 /run/crowdstrike-aidr ${prefix} `);
  });

  it('looks often at first and seldom later', async () => {
    const { services } = await compose('docker-compose.yaml');
    for (const name of ['database', 'kong', 'plugin-server'])
      expect(services[name].healthcheck, name).toMatchObject({ start_interval: '500ms', interval: '30s' });
  });

  it.each([
    ['aidr', 'AIDR_URL', '/aidr/aiguard'],
    ['provider', 'UPSTREAM_URL', ''],
  ])(
    'puts the offline %s on the network of Kong and the plugin server, by its name',
    async (name, variable, path) => {
      const online = (await compose('docker-compose.yaml')).services;
      expect(online['plugin-server'].networks).toBeUndefined();
      expect(online.kong.networks).toContain('default');
      const { command, networks, network_mode } = (await compose('docker-compose.offline.yaml')).services[
        name
      ];
      expect([networks, network_mode]).toEqual([undefined, undefined]);
      expect(command).toEqual(expect.arrayContaining(['--host', '0.0.0.0']));
      const port = command[command.indexOf('--port') + 1];
      for (const file of ['deploy/compose/docker-compose.offline.yaml', 'docs/install.md'])
        expect(await read(file)).toContain(`${variable}=http://${name}:${port}${path} `);
    },
  );

  it.each([
    ['aidr', /^AIDR emulator: http:\/\/127\.0\.0\.1:\d+\/aidr\/aiguard$/],
    ['provider', /^Mock OpenAI: http:\/\/127\.0\.0\.1:\d+$/],
  ])('runs an offline %s that starts', async (name, greeting) => {
    const { services } = await compose('docker-compose.offline.yaml');
    const [, program, ...options] = services[name].command;
    const onLoopback = options.map((word: string) =>
      word.replace(/^\d+$/, '0').replace('0.0.0.0', '127.0.0.1'),
    );
    const child = spawn(process.execPath, [program, ...onLoopback], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const [line] = await once(createInterface({ input: child.stdout }), 'line');
      expect(line).toMatch(greeting);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });

  it('is read by Compose, which refuses it without a token', async (test) => {
    const config = (token: string) =>
      run('docker', ['compose', ...files.flatMap((file) => ['-f', file]), 'config', '--quiet'], {
        cwd: join(root, 'deploy/compose'),
        env: { ...process.env, CS_AIDR_TOKEN: token },
      });
    const files = ['docker-compose.yaml', 'docker-compose.offline.yaml'];
    const missing = await run('docker', ['compose', 'version']).then(
      () => undefined,
      () => 'docker compose is not installed',
    );
    if (missing) return test.skip(missing);
    await expect(config('x')).resolves.toMatchObject({ stdout: '' });
    await expect(config('')).rejects.toMatchObject({
      stderr: expect.stringContaining('set it to the token of your AIDR collector'),
    });
  });
});

describe('deploy/kubernetes', () => {
  const values = async () => parse(await read('deploy/kubernetes/values.yaml'));
  const manifests = async (file: string): Promise<Manifest[]> =>
    parseAllDocuments(await read(`deploy/kubernetes/${file}`)).map((document) => document.toJS());

  it('runs the plugin server as a sidecar of the same image, under names without a start command', async () => {
    const { env, image, deployment } = await values();
    const [sidecar] = deployment.initContainers;
    expectBesideEachOther(env, sidecar.command);
    expect(env.plugins).toBe(['bundled', ...PLUGINS].join(','));
    expect(pluginServersOf({ ...settingsOf(await imageEnvironment()), ...env })).toMatchObject([
      { start: undefined },
      { start: undefined },
      { start: undefined },
    ]);
    expect(sidecar.image).toBe(image.unifiedRepoTag);
    expect(sidecar.volumeMounts).toEqual(deployment.userDefinedVolumeMounts);
    expect(deployment.userDefinedVolumes).toMatchObject([
      { name: sidecar.volumeMounts[0].name, emptyDir: {} },
    ]);
  });

  it('asks the health of the plugin server, through its port for metrics', async () => {
    const { deployment } = await values();
    const [{ ports, startupProbe, readinessProbe, livenessProbe, command }] = deployment.initContainers;
    const [{ name, containerPort }] = ports;
    expect(command).toContain(`0.0.0.0:${containerPort}`);
    for (const probe of [startupProbe, readinessProbe, livenessProbe])
      expect(probe).toMatchObject({ httpGet: { path: '/healthz', port: name }, timeoutSeconds: 5 });
    // The supervisor mends most of it by itself, within its --max-stall and a second for the next process.
    expect(livenessProbe.periodSeconds * livenessProbe.failureThreshold).toBeGreaterThan(6);
    expect(readinessProbe.periodSeconds * readinessProbe.failureThreshold).toBeLessThanOrEqual(10);
  });

  it('has the metrics scraped, of the pods that the chart makes', async () => {
    const { deployment, topologySpreadConstraints } = await values();
    const [monitor] = await manifests('podmonitor.yaml');
    const [policy] = await manifests('networkpolicy.yaml');
    const [{ ports }] = deployment.initContainers;
    const pods = topologySpreadConstraints[0].labelSelector;
    expect(monitor?.spec).toMatchObject({
      selector: pods,
      podMetricsEndpoints: [{ port: ports[0].name, path: '/metrics' }],
    });
    expect(policy?.spec).toMatchObject({ podSelector: pods, policyTypes: ['Ingress', 'Egress'] });
    expect(monitor?.metadata).toMatchObject({ namespace: 'kong' });
    expect(policy?.metadata).toMatchObject({ namespace: 'kong' });
  });

  it('lets nobody but who watches reach the metrics, and nobody the Admin API', async () => {
    const { deployment } = await values();
    const [policy = expect.fail('no policy')] = await manifests('networkpolicy.yaml');
    const { ingress } = policy.spec as NetworkPolicy;
    const open = ingress.filter(({ from }) => from === undefined).flatMap(({ ports }) => ports);
    expect(open.map(({ port }) => port)).toEqual([8000, 8443, 8080]);
    const watched = ingress.filter(({ from }) => from).flatMap(({ ports }) => ports.map(({ port }) => port));
    expect(watched).toContain(deployment.initContainers[0].ports[0].containerPort);
    for (const port of [8001, 8444])
      expect([...open.map((each) => each.port), ...watched]).not.toContain(port);
  });

  it('keeps all but one pod during maintenance, and two at the least', async () => {
    const { autoscaling, podDisruptionBudget } = await values();
    expect(podDisruptionBudget).toEqual({ enabled: true, maxUnavailable: 1 });
    expect(autoscaling.minReplicas).toBeGreaterThanOrEqual(2);
  });

  it('scales by CPU, of which every container requests some', async () => {
    const { autoscaling, resources, ingressController, deployment } = await values();
    expect(autoscaling.enabled).toBe(true);
    for (const each of [resources, ingressController.resources, deployment.initContainers[0].resources])
      expect(each.requests.cpu).toMatch(/^\d+m$/);
  });

  it("takes the key from a Secret, by the vault and the variable that the plugins' reference names", async () => {
    const { customEnv } = await values();
    const vault = (await manifests('plugins.yaml')).find(({ kind }) => kind === 'KongVault');
    expect(vault?.spec).toEqual({ backend: 'env', prefix: 'env-cs-aidr', config: { prefix: 'CS_AIDR_' } });
    expect(Object.keys(customEnv)).toEqual(['cs_aidr_token']);
    expect(customEnv.cs_aidr_token.valueFrom.secretKeyRef).toEqual({
      name: 'crowdstrike-aidr',
      key: 'token',
    });
  });

  it('declares both plugins with configurations that load, the guard and the batch hook as the code knows them', async () => {
    const plugins = (await manifests('plugins.yaml')).filter(({ kind }) => kind === 'KongClusterPlugin');
    const [request, response, guard, batchHook] = plugins;
    expect(plugins.map(({ plugin }) => plugin)).toEqual([...LLM_PLUGINS, 'post-function', 'pre-function']);
    for (const { metadata } of plugins)
      expect(metadata.annotations).toEqual({ 'kubernetes.io/ingress.class': 'kong' });
    expect(() => loadConfig({ ...request?.config, ai_guard_api_key: 'x' }, 'request')).not.toThrow();
    expect(() => loadConfig({ ...response?.config, ai_guard_api_key: 'x' }, 'response')).not.toThrow();
    expect(guard?.config).toEqual(GUARD.config);
    expect(batchHook?.config).toEqual(BATCH_HOOK_PLUGIN.config);
  });

  it('puts all four on the Service that the Ingress and the HTTPRoute lead to', async () => {
    const [service, ingress] = await manifests('ingress.yaml');
    const [route] = await manifests('httproute.yaml');
    const named = service?.metadata.annotations?.['konghq.com/plugins']?.split(',');
    const declared = (await manifests('plugins.yaml')).filter(({ kind }) => kind === 'KongClusterPlugin');
    expect(named).toEqual(declared.map(({ metadata }) => metadata.name));
    const name = service?.metadata.name;
    expect(ingress?.spec).toMatchObject({
      rules: [{ http: { paths: [{ backend: { service: { name, port: { number: 443 } } } }] } }],
    });
    expect(route?.spec).toMatchObject({ rules: [{ backendRefs: [{ name, port: 443 }] }] });
  });
});

interface NetworkPolicy {
  ingress: { from?: object[]; ports: { port: number }[] }[];
}

interface Manifest {
  kind: string;
  metadata: { name: string; annotations?: Record<string, string> };
  spec: object;
  plugin?: string;
  config?: Record<string, unknown>;
}

describe('deploy/admin-api.sh', () => {
  it('holds the guard and the batch hook as the code knows them', async () => {
    const script = await read('deploy/admin-api.sh');
    const all = [GUARD_ACCESS_LUA, GUARD_HEADER_FILTER_LUA, GUARD_BODY_FILTER_LUA, BATCH_HOOK_LUA];
    for (const lua of all) expect(script).toContain(`<<'LUA'\n${lua}LUA\n`);
  });
});

describe('deploy/ai-gateway', () => {
  it.each(['kong.yaml', 'kong-with-prompt-guard.yaml'])(
    '%s holds both plugins with configurations that load, the guard and the batch hook as the code knows them',
    async (file) => {
      const { services } = parse(await read(`deploy/ai-gateway/${file}`));
      const [request, response, guard, batchHook] = services[0].plugins.slice(-4);
      expect([request.name, response.name]).toEqual(LLM_PLUGINS);
      expect(() => loadConfig({ ...request.config, ai_guard_api_key: 'x' }, 'request')).not.toThrow();
      expect(() => loadConfig({ ...response.config, ai_guard_api_key: 'x' }, 'response')).not.toThrow();
      expect(guard).toEqual(GUARD);
      expect(batchHook).toEqual(BATCH_HOOK_PLUGIN);
    },
  );
});

describe('deploy/systemd', () => {
  it('runs the plugin server beside the Kong whose settings docs/install.md shows', async () => {
    const unit = await read('deploy/systemd/crowdstrike-aidr.service');
    const [, settings] = /^```ini\n([\s\S]*?)^```$/m.exec(await read('docs/install.md')) ?? [];
    const lines = (settings ?? '').trim().split('\n');
    const pairs = lines.map((line) => line.split(/ = (.*)/).slice(0, 2));
    const [, command] = /^ExecStart=(.*)$/m.exec(unit) ?? [];
    expectBesideEachOther(Object.fromEntries(pairs), String(command).split(' '), '127.0.0.1:9542');
  });
});

describe('deploy/deck', () => {
  it('holds what kong.yaml holds, and a tag that keeps decK off everything else', async () => {
    const { _info, ...entities } = parse(await read('deploy/deck/kong.yaml'));
    expect(_info).toEqual({ select_tags: ['crowdstrike-aidr'] });
    expect(entities).toEqual(parse(await read('kong.yaml')));
  });
});

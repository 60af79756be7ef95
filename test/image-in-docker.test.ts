/**
 * The image in Docker, where a daemon answers: started by the very command of docs/install.md, without privileges and on a
 * read-only root file system. Nothing is sent to AIDR: its address is a port on which nobody listens.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { docker, IMAGE } from '../testkit/harness/gateways/docker.ts';
import { until } from '../testkit/harness/gateways/until.ts';
import { shellBlocks } from './documented-blocks.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '..');
const CONTAINER = `aidr-image-${process.pid}`;
const NODE = '/usr/local/bin/node';
const SEND = ['-H', 'content-type: application/json', '-d', '{"model":"m","messages":[]}'];
const HEALTH = '{{.State.Health.Status}}';
const NOBODY = 'https://127.0.0.1:9/aidr/aiguard';

const missing = await docker.missing();

let folder: string;

/** A documented command, of the image under test. */
async function documented(says: string): Promise<string> {
  const found = (await shellBlocks('docs/install.md')).filter(({ text }) => text.includes(says));
  expect(found, says).toHaveLength(1);
  return (found[0]?.text ?? '')
    .replace(/\bkong-crowdstrike-aidr$/m, IMAGE)
    .replaceAll(' kong-crowdstrike-aidr ', ` ${IMAGE} `);
}

async function shell(command: string): Promise<string> {
  const { stdout } = await run('sh', ['-euc', command], {
    cwd: folder,
    env: { ...process.env, CS_AIDR_TOKEN: 'pts_demo' },
  });
  return stdout.trim();
}

const inContainer = (command: string) => run('docker', ['exec', CONTAINER, 'sh', '-c', command]);
const inspected = (what: string) => shell(`docker inspect --format '${what}' ${CONTAINER}`);

/** Of the processes that are Node's; the image has no pkill. */
const signal = (name: string) =>
  inContainer(`for p in /proc/[0-9]*; do
    test "$(readlink $p/exe)" = ${NODE} && kill -${name} \${p#/proc/}
  done; true`);

/** As the health check has it that Docker runs every half minute. */
const healthCheck = async () => inContainer(await inspected('{{index .Config.Healthcheck.Test 1}}'));

async function answerOf(port: number, path: string, ...options: string[]): Promise<string> {
  const address = await shell(`docker port ${CONTAINER} ${port}/tcp`);
  const { stdout } = await run('curl', ['-s', '-w', ' %{http_code}', ...options, `http://${address}${path}`]);
  return stdout;
}

describe.skipIf(missing !== undefined)(`the image in Docker (${missing ?? 'which answers'})`, () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aidr-image-'));
    const configuration = await readFile(join(root, 'kong.yaml'), 'utf8');
    const unreachable = configuration.replaceAll(/(ai_guard_api_base_url: ).*/g, `$1"${NOBODY}"`);
    expect(unreachable).not.toBe(configuration);
    await writeFile(join(folder, 'kong.yaml'), unreachable);
    const command = (await documented('--read-only')).replace(
      'docker run --rm -p 8000:8000',
      `docker run --detach --name ${CONTAINER} -p 127.0.0.1::8000 -p 127.0.0.1::9542`,
    );
    await shell(command);
    await until(async () => (await inspected(HEALTH)) === 'healthy', 'the container is not healthy');
  }, 60_000);
  afterAll(async () => {
    if (folder === undefined) return;
    await shell(`docker rm --force --volumes ${CONTAINER}`);
    await rm(folder, { recursive: true });
  });

  it('passes `aidr-kong check --strict` on itself', async () => {
    expect(await shell(await documented('aidr-kong check --strict'))).toContain('enforce, phases');
  });

  it('runs as another user than root, without capabilities and a way to more, and writes nothing beside its mounts', async () => {
    const { stdout } = await inContainer('id -u; grep -E "^(CapEff|CapBnd|NoNewPrivs):" /proc/1/status');
    expect(stdout).toMatch(/^[1-9]\d*\nCapEff:\t0+\nCapBnd:\t0+\nNoNewPrivs:\t1\n$/);
    await expect(inContainer('touch /written')).rejects.toThrow('Read-only file system');
  });

  it('refuses what AIDR cannot be asked about, and serves metrics and health', async () => {
    expect(await answerOf(8000, '/openai/v1/chat/completions', ...SEND)).toMatch(
      /"aidr_unreachable".* 503$/s,
    );
    expect(await answerOf(9542, '/metrics')).toMatch(/^crowdstrike_aidr_inspections_total\{.*\} \d+$/m);
    expect(await answerOf(9542, '/healthz')).toMatch(/^ok\s* 200$/);
  });

  it('writes the lines of Kong and of the plugin server to standard output, each as JSON with the id of the request', async () => {
    const logged = async () => (await shell(`docker logs ${CONTAINER} 2>/dev/null`)).split('\n');
    await answerOf(8000, '/openai/v1/chat/completions', ...SEND);
    await expect.poll(async () => (await logged()).some((line) => line.includes('"kong"'))).toBe(true);
    const lines: Record<string, string>[] = (await logged()).map((line) => JSON.parse(line));
    const sources = new Set(lines.map(({ source }) => source));
    expect(sources).toEqual(new Set(['aidr-pluginserver', 'crowdstrike-aidr-request', 'kong']));
    const ids = (source: string) =>
      lines.filter((line) => line.source === source).map(({ kong_request_id: id }) => id);
    for (const id of ids('crowdstrike-aidr-request')) expect(ids('kong')).toContain(id);
  });

  it('is not healthy while its plugin server hangs', async () => {
    await signal('STOP');
    await expect(healthCheck()).rejects.toMatchObject({
      stdout: expect.stringContaining('no answer within'),
    });
    await signal('CONT');
    await expect
      .poll(
        () =>
          healthCheck().then(
            () => 'ok',
            () => 'failed',
          ),
        { timeout: 20_000 },
      )
      .toBe('ok');
  });

  it('ends by itself when it is told to', async () => {
    await shell(`docker stop --time 60 ${CONTAINER}`);
    expect(await inspected('{{.State.ExitCode}}')).toBe('0');
  });
});

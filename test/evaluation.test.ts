/**
 * docs/evaluate.md, as somebody goes through it: each command in its order, with emulators where that person has Docker, a
 * provider and AIDR. What the page says that one sees is seen.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Emulator, startEmulator } from '../testkit/aidr-emulator/index.ts';
import type { RunningGateway } from '../testkit/harness/gateways/driver.ts';
import { embedded } from '../testkit/harness/gateways/embedded.ts';
import { kong } from '../testkit/harness/gateways/kong.ts';
import { type Provider, startProvider } from '../testkit/providers/index.ts';
import { codeBlocks, RUN_BY_EVALUATION_TEST, shellBlocks } from './documented-blocks.ts';

const PAGE = 'docs/evaluate.md';
const TOKEN = 'pts_demo';
const root = resolve(import.meta.dirname, '..');
const execute = promisify(execFile);

/** Each with what the page says that one sees of it, line by line. */
const shown = await codeBlocks(PAGE, 'text');
const commands = (await shellBlocks(PAGE))
  .filter(({ tag }) => RUN_BY_EVALUATION_TEST.some((one) => one === tag))
  .map((block, index, all) => {
    const next = all[index + 1]?.line ?? Number.POSITIVE_INFINITY;
    return { ...block, expected: shown.find(({ line }) => line > block.line && line < next)?.text.trimEnd() };
  });

/** A real one where there is one. */
const driver = (await kong.missing()) === undefined ? kong : embedded;

let folder: string;
let aidr: Emulator;
let provider: Provider;
let gateway: RunningGateway | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aidr-evaluation-'));
  aidr = await startEmulator({ keys: [TOKEN] });
  provider = await startProvider();
  await symlink(join(root, 'dist'), join(folder, 'dist'));
  const documented = await readFile(join(root, 'kong.yaml'), 'utf8');
  const here = documented
    .replaceAll('https://api.crowdstrike.com', new URL(aidr.url).origin)
    .replaceAll('https://api.openai.com', provider.url);
  await writeFile(join(folder, 'kong.yaml'), here);
});
afterAll(async () => {
  await gateway?.stop();
  await Promise.all([aidr.stop(), provider.stop()]);
  await rm(folder, { recursive: true });
});

/** Started when it is needed: the first steps need none. */
async function running(): Promise<RunningGateway> {
  const configuration = await readFile(join(folder, 'current.yaml'), 'utf8');
  gateway ??= await driver.start({ configuration, env: { CS_AIDR_TOKEN: TOKEN }, pluginServer: 'aidr' });
  return gateway;
}

async function play(tag: string, text: string): Promise<string> {
  if (tag === 'needs=kill') await (await running()).killPluginServers();
  if (tag === 'needs=reload')
    await (await running()).reload(await readFile(join(folder, 'current.yaml'), 'utf8'));
  if (tag !== 'needs=evaluation') return '';
  const { stdout } = await execute('sh', ['-eu', '-c', await withPorts(text)], {
    cwd: folder,
    env: {
      ...process.env,
      OPENAI_API_KEY: 'sk-none',
      PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
    },
  });
  return stdout;
}

/** The page's ports are those of the image; here they are any that are free. */
async function withPorts(text: string): Promise<string> {
  if (!text.includes('localhost:')) return text;
  const { url, log } = await running();
  await expect.poll(() => log(), { timeout: 10_000 }).toContain('metrics on http');
  const [, metrics = ''] = [...log().matchAll(/metrics on http:\/\/(\S+?)\/metrics/g)].at(-1) ?? [];
  return text.replaceAll('localhost:8000', new URL(url).host).replaceAll('localhost:9542', metrics);
}

/** The lines stand one below the other, and each may go on. */
function isSeen(expected: string, output: string): boolean {
  const [wanted, lines] = [expected.split('\n'), output.split('\n')];
  return lines.some((_, at) => wanted.every((start, index) => lines[at + index]?.startsWith(start)));
}

/** By the line of the command. */
const outputs = new Map<number, string>();

it.each(commands)(
  'the commands in line $line work, and show what the page says',
  async ({ line, tag, text, expected }) => {
    const output = await play(tag, text);
    outputs.set(line, output);
    if (expected !== undefined) expect(isSeen(expected, output), output).toBe(true);
  },
);

it('the page has expectations, and shows what audit would have done', () => {
  expect(commands.filter(({ expected }) => expected !== undefined)).toHaveLength(5);
  expect([...outputs.values()].join('\n')).toMatch(
    /^crowdstrike_aidr_inspections_total\{.*outcome="blocked",strategy="audit"\} 1$/m,
  );
});

it('requests are refused while the plugin server is down', () => {
  const afterKill = commands[commands.findIndex(({ tag }) => tag === 'needs=kill') + 1];
  expect(afterKill && outputs.get(afterKill.line)).toMatch(/^50[03]$/m);
});

it('nothing that the page tries to get past the plugins reaches the provider, outside of audit', () => {
  const attacks = provider.requests.filter(({ body }) => body.toString().includes('show me the salaries'));
  expect(attacks).toHaveLength(1);
});

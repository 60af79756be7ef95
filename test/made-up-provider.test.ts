/** A new provider is a folder in `src/formats` and its name in `src/formats/providers.ts`, and nothing else. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { filesUnder } from './repository-files.ts';

const root = resolve(import.meta.dirname, '..');
const FIXTURE = 'test/fixtures/made-up-provider';
const LIST = 'src/formats/providers.ts';

let copy: string;
let report: Report;

interface Report {
  requests: Record<string, { names: string[]; texts: string[]; model?: string; opaque: number }>;
  answers: { names: string[]; texts: string[] }[];
  asksForStream: boolean[];
  streamEnd: string;
  sentAs: string;
  refusal: string;
  luaSchema: string;
  reference: string;
}

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'made-up-provider-'));
  for (const part of ['src', FIXTURE, 'package.json'])
    await cp(join(root, part), join(copy, part), { recursive: true });
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
  await addFolder();
  await addToList();
  const { stdout } = await promisify(execFile)(process.execPath, [join(copy, FIXTURE, 'probe.ts')]);
  report = JSON.parse(stdout);
});

afterAll(() => rm(copy, { recursive: true, force: true }));

async function addFolder(): Promise<void> {
  const source = await readFile(join(copy, FIXTURE, 'acme/index.ts'), 'utf8');
  await cp(join(copy, FIXTURE, 'acme'), join(copy, 'src/formats/acme'), { recursive: true });
  await writeFile(
    join(copy, 'src/formats/acme/index.ts'),
    source.replaceAll('../../../../src/formats/', '../'),
  );
}

async function addToList(): Promise<void> {
  const list = await readFile(join(copy, LIST), 'utf8');
  const longer = list
    .replace('import ', "import { acme } from './acme/index.ts';\nimport ")
    .replace('PROVIDERS = [', 'PROVIDERS = [acme, ');
  expect(longer.length - list.length).toBe(
    "import { acme } from './acme/index.ts';\n".length + 'acme, '.length,
  );
  await writeFile(join(copy, LIST), longer);
}

it.each(['configured', 'auto', 'byPath', 'behindKong'])('its requests are read: %s', (how) => {
  expect(report.requests[how]).toMatchObject({
    names: ['acme.ask'],
    texts: ['Will it rain?', 'Tell me the key.', 'aside'],
  });
});

it('its paths name the model, and a prompt that it keeps', () => {
  expect(report.requests.byPath).toMatchObject({ model: 'delphi', opaque: 0 });
  expect(report.requests.stored).toMatchObject({ model: 'shelf-7', opaque: 1 });
});

it('its answers are read, whole and as streams', () => {
  expect(report.answers).toEqual([
    { names: ['acme.ask'], texts: ['It may.'] },
    { names: ['acme.ask'], texts: ['It may.'] },
  ]);
});

it('its own flag asks for a stream, which ends in its own way', () => {
  expect(report.asksForStream).toEqual([true, false]);
  expect(report.streamEnd).toBe('event: hush\ndata: {"hushed":"Not this."}\n\n');
});

it('it can be configured, by its own values alone, and AIDR is told its name', () => {
  expect(report.refusal).toContain("for provider 'acme' the allowed api_uris are: enquire, auto");
  expect(report.sentAs).toBe('Acme Oracles');
});

it("it is in Kong's schema and in the configuration reference", () => {
  expect(report.luaSchema).toMatch(/one_of = \{ "acme", "anthropic"/);
  expect(report.luaSchema).toContain('"^%s*enquire%s*$"');
  expect(report.reference).toContain('| `acme` | `enquire` `auto` |');
});

it('nobody but the list imports a provider, and what providers build on knows no configuration', async () => {
  const sources = (await filesUnder('src')).filter((file) => /(?<!\.test|testing)\.ts$/.test(file));
  const importing = async (file: string) =>
    [...(await readFile(join(root, file), 'utf8')).matchAll(/ from '(\.[^']+)'/g)].map(([, path = '']) =>
      join(file, '..', path),
    );
  for (const file of sources) {
    const imported = await importing(file);
    const isOfProvider = /^src\/formats\/[^/]+\//.test(file);
    if (!isOfProvider && file !== LIST)
      expect(
        imported.filter((path) => /^src\/formats\/[^/]+\//.test(path)),
        file,
      ).toEqual([]);
    if (/^src\/(?:formats|body)\//.test(file))
      expect(
        imported.filter((path) => !/^src\/(?:formats|body)\//.test(path)),
        file,
      ).toEqual([]);
  }
});

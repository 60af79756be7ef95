/** Whose code the bundles hold, and what is said of it. */
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Ajv } from 'ajv';
import { build, type Metafile } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { bundledPackages } from '../scripts/supply-chain/bundled-packages.ts';
import { sbom } from '../scripts/supply-chain/sbom.ts';
import { optionalPackage } from './optional-package.ts';

const root = resolve(import.meta.dirname, '..');
const read = (file: string) => readFile(join(root, file), 'utf8');

interface Installed {
  name: string;
  version: string;
}

/** What esbuild itself says is in the bundles. */
let bundled: Installed[];
beforeAll(async () => {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['src/bin/aidr-pluginserver.ts', 'src/bin/aidr-kong.ts', 'plugins/*/index.ts'],
    outdir: 'nowhere',
    ...{ bundle: true, write: false, metafile: true, preserveSymlinks: true },
    ...{ platform: 'node', format: 'cjs', minifySyntax: true, logLevel: 'silent' },
    define: { 'import.meta.filename': '__filename' },
  });
  bundled = await packagesIn(metafile);
});

async function packagesIn({ outputs }: Metafile): Promise<Installed[]> {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  const files = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([file]) => file);
  const folders = new Set(
    files.flatMap((file) => {
      const words = file.split('/');
      const at = words.lastIndexOf('node_modules');
      if (at === -1) return [];
      return words.slice(0, at + (words[at + 1]?.startsWith('@') ? 3 : 2)).join('/');
    }),
  );
  const manifests = await Promise.all([...folders].map((folder) => read(`${folder}/package.json`)));
  return manifests.map((text) => JSON.parse(text)).map(({ name, version }) => ({ name, version }));
}

describe('the notices', () => {
  it('have each package of which a byte is bundled, with its version and its licence', async () => {
    const notices = await read('dist/THIRD-PARTY-NOTICES.txt');
    expect(bundled.length).toBeGreaterThan(8);
    for (const { name, version } of bundled) {
      expect(notices).toContain(`\n${name} ${version} (`);
      const folder = `node_modules/${name}`;
      const [file = 'none'] = (await readdir(join(root, folder))).filter((each) => /^licen[cs]e/i.test(each));
      expect(notices, name).toContain((await read(`${folder}/${file}`)).replaceAll('\r\n', '\n').trim());
    }
  });

  it('name nothing that is not bundled', async () => {
    const notices = await read('dist/THIRD-PARTY-NOTICES.txt');
    const titles = [...notices.matchAll(/^(\S+) (\d\S*) \(\S+\)$/gm)].map(([, name, version]) => ({
      name,
      version,
    }));
    const byName = (one: { name?: string | undefined }, other: { name?: string | undefined }) =>
      String(one.name) < String(other.name) ? -1 : 1;
    expect(titles.sort(byName)).toEqual(bundled.sort(byName));
  });

  it('tell of code that packages carry from others', async () => {
    const notices = await read('dist/THIRD-PARTY-NOTICES.txt');
    for (const words of ['llhttp (MIT), part of undici', 'Copyright Fedor Indutny', 'ws. MIT License. Einar'])
      expect(notices).toContain(words);
  });

  it('cannot be written for a package without a licence: the build fails', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'aidr-unlicensed-'));
    await cp(join(root, 'package.json'), join(folder, 'node_modules/unlicensed/package.json'));
    const file = 'node_modules/unlicensed/index.js';
    const metafile = {
      inputs: { [file]: { bytes: 1, imports: [] } },
      outputs: { out: { bytes: 1, inputs: { [file]: { bytesInOutput: 1 } }, imports: [], exports: [] } },
    };
    try {
      expect(() => bundledPackages([metafile], folder)).toThrow(
        'node_modules/unlicensed has no licence file: it may not be bundled',
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('the bill of materials', () => {
  const document = async () => JSON.parse(await read('dist/sbom.cdx.json'));

  it('has the product, and each package of which a byte is bundled', async () => {
    const { metadata, components } = await document();
    expect(metadata.component).toMatchObject({ name: packageJson.name, version: packageJson.version });
    const libraries = components.filter(({ type }: { type: string }) => type === 'library');
    const named = libraries.map(({ name, version }: Installed) => `${name} ${version}`);
    expect(named.sort()).toEqual(bundled.map(({ name, version }) => `${name} ${version}`).sort());
  });

  it('has the digest of each published bundle', async () => {
    const { components } = await document();
    const files = components.filter(({ type }: { type: string }) => type === 'file');
    expect(files).toHaveLength(5);
    for (const { name, hashes } of files) {
      const content = createHash('sha256')
        .update(await readFile(join(root, name)))
        .digest('hex');
      expect(hashes).toEqual([{ alg: 'SHA-256', content }]);
    }
  });

  it('has a dependency for each package, between things that it describes', async () => {
    const { metadata, components, dependencies } = await document();
    const refs = [metadata.component, ...components].map((each) => each['bom-ref']);
    expect(new Set(refs).size).toBe(refs.length);
    const reached = new Set<string>();
    for (const { ref, dependsOn } of dependencies) {
      expect(refs).toContain(ref);
      for (const dependency of dependsOn) reached.add(dependency);
    }
    const libraries = components.filter(({ type }: { type: string }) => type === 'library');
    expect([...reached].sort()).toEqual(
      libraries.map((each: Record<string, string>) => each['bom-ref']).sort(),
    );
  });

  it("is valid against CycloneDX's own schema", async (test) => {
    const library = optionalPackage('@cyclonedx/cyclonedx-library');
    if (!library) return test.skip('@cyclonedx/cyclonedx-library is not installed');
    // Formats, such as that of an e-mail address, are not looked at.
    const ajv = new Ajv({ strict: false, validateFormats: false });
    for (const part of ['spdx', 'jsf-0.82'])
      ajv.addSchema(await schema(library, part), `http://cyclonedx.org/schema/${part}.SNAPSHOT.schema.json`);
    const validate = ajv.compile(await schema(library, 'bom-1.6'));
    const valid = await document();
    expect(validate(valid), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...valid, serialNumber: 'urn:uuid:7' })).toBe(false);
    expect(validate({ ...valid, components: [{ type: 'package', name: 'x' }] })).toBe(false);
  });

  it('bears the time of SOURCE_DATE_EPOCH, and another number when it says something else', () => {
    const materials = {
      product: packageJson,
      bundler: { name: 'esbuild', version: '1.0.0' },
      ...{ files: [], packages: [], direct: [], carried: [], integrityOf: () => undefined },
    };
    const [without, at, later] = [undefined, '1700000000', '1700000001'].map((sourceDateEpoch) =>
      JSON.parse(sbom({ ...materials, sourceDateEpoch })),
    );
    expect(without.metadata).not.toHaveProperty('timestamp');
    expect(at.metadata.timestamp).toBe('2023-11-14T22:13:20.000Z');
    const numbers = [without, at, later].map(({ serialNumber }) => serialNumber);
    expect(new Set(numbers).size).toBe(3);
    for (const number of numbers) expect(number).toMatch(/^urn:uuid:[0-9a-f-]{36}$/);
  });
});

async function schema(library: string, name: string): Promise<object> {
  return JSON.parse(await readFile(join(library, `res/schema/${name}.SNAPSHOT.schema.json`), 'utf8'));
}

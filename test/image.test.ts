/** What can be known of the image without a Docker daemon: that Node can run there, and that Kong starts as its image says. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { dockerfileStages, finalStage } from './dockerfile.ts';
import { loaderNeeds } from './elf.ts';

/**
 * What every base image has: the C library, and the C++ library of GCC, which the package managers of Debian's and RPM's
 * world are linked with.
 */
const IN_EVERY_BASE = /^(lib(c|m|dl|pthread|stdc\+\+|gcc_s)|ld-linux-[\w-]+)\.so\.\d+$/;

/** Folder in the image by name of the library. */
async function librariesBrought(): Promise<Map<string, string>> {
  const copies = (await finalStage()).map((line) =>
    /^COPY --from=\S+ \S+\/(lib\S+\.so\.\d+) (\S+)\/$/.exec(line),
  );
  return new Map(copies.flatMap((copy) => (copy ? [[copy[1] ?? '', copy[2] ?? '']] : [])));
}

// The Node that the tests run on is of the version that the image has.
describe.skipIf(process.platform !== 'linux')('Node in the image', () => {
  it('finds every library: in whatever base image, or brought along into a folder that the loader searches', async () => {
    const { libraries } = await loaderNeeds(process.execPath);
    expect(libraries).toContain('libc.so.6');
    const brought = await librariesBrought();
    const missing = libraries.filter((library) => !IN_EVERY_BASE.test(library));
    expect([...brought.keys()]).toEqual(missing);
    const searched = (await finalStage()).filter((line) =>
      / \/etc\/ld\.so\.conf\.d\/\S+ && ldconfig\b/.test(line),
    );
    for (const folder of brought.values()) expect(searched.join('\n')).toContain(`echo ${folder} > `);
  });

  it('needs the versions of the C and C++ libraries that docs/install.md names', async () => {
    const { versions } = await loaderNeeds(process.execPath);
    const page = await readFile(resolve(import.meta.dirname, '../docs/install.md'), 'utf8');
    const named = [...page.matchAll(/`((?:GLIBC|GLIBCXX|CXXABI)_[\d.]+)`/g)].map(([, version]) => version);
    expect(named).toEqual(['GLIBC', 'GLIBCXX', 'CXXABI'].map((family) => newest(versions, family)));
  });

  it('is of the version that the tests run on', async () => {
    const text = await readFile(resolve(import.meta.dirname, '../Dockerfile'), 'utf8');
    expect(text).toContain(`\nARG NODE_IMAGE=node:${process.versions.node.split('.', 1)[0]}-`);
  });
});

/** The newest version of a family, such as `GLIBC_2.28`. */
function newest(versions: string[], family: string): string | undefined {
  const own = versions.filter((version) => version.startsWith(`${family}_`));
  return own.sort((one, other) => one.localeCompare(other, 'en', { numeric: true })).at(-1);
}

describe('the image', () => {
  it('starts and stops Kong as its base image does', async () => {
    const instructions = (await dockerfileStages()).flat().map((line) => line.split(' ', 1)[0]);
    expect(instructions).toContain('HEALTHCHECK');
    for (const inherited of ['ENTRYPOINT', 'CMD', 'EXPOSE', 'STOPSIGNAL'])
      expect(instructions).not.toContain(inherited);
  });

  it('has the folders that docs/install.md mounts over a read-only root file system, for anybody to write in', async () => {
    const page = await readFile(resolve(import.meta.dirname, '../docs/install.md'), 'utf8');
    const [, flags = ''] = /^ *--read-only (.*) \\$/m.exec(page) ?? [];
    const mounted = [...flags.matchAll(/--tmpfs (\S+)/g)].map(([, folder = '']) => folder);
    const [, made = ''] = /install -d -m 1777 ((?:\/\S+ ?)+)/.exec((await finalStage()).join('\n')) ?? [];
    expect(mounted.sort()).toEqual(['/tmp', ...made.trim().split(' ')].sort());
    const [, prefix] = /-e KONG_PREFIX=(\S+)/.exec(flags) ?? [];
    expect(mounted).toContain(prefix);
  });

  it('says its version, and holds the licences and the bill of materials of what is in it', async () => {
    const stage = (await finalStage()).join('\n');
    expect(stage).toContain(`org.opencontainers.image.version="${packageJson.version}"`);
    for (const file of ['THIRD-PARTY-NOTICES.txt', 'sbom.cdx.json', 'LICENSE', 'libatomic1/copyright'])
      expect(stage).toContain(file);
  });

  it('is not built where Node does not run for the user of Kong', async () => {
    const [user, check, ...rest] = (await finalStage()).slice(-3);
    expect(user).toBe('USER kong');
    expect(check).toMatch(/^RUN node \/opt\/crowdstrike-aidr\/aidr-pluginserver\.cjs --dump /);
    expect(rest).toEqual([expect.stringMatching(/^HEALTHCHECK /)]);
  });
});

/**
 * Builds self-contained CommonJS files: each plugin, the plugin server with both, and the command line tool. Beside them
 * stand the licences of the code that they hold, and their bill of materials.
 *
 * The same sources give the same bytes, wherever they lie.
 */
import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { build, version as esbuildVersion } from 'esbuild';
import packageJson from './package.json' with { type: 'json' };
import { type Bundle, supplyChainDocuments } from './scripts/supply-chain/index.ts';

/** The oldest Node that parses the bundles: an older one than they need is told so, and shows no syntax error. */
const PARSES_SINCE = 'node16.11';

const PLUGINS = ['crowdstrike-aidr-request', 'crowdstrike-aidr-response'];

const root = import.meta.dirname;
const bundles: Bundle[] = [];

for (const plugin of PLUGINS)
  await bundle(`plugins/${plugin}/index.ts`, `dist/plugins/${plugin}/${plugin}.cjs`);
await bundleCommand('src/bin/aidr-pluginserver.ts', 'dist/server/aidr-pluginserver.cjs');
await bundleCommand('src/bin/aidr-kong.ts', 'dist/cli/aidr-kong.cjs');

const { notices, sbom } = supplyChainDocuments(root, bundles, {
  product: packageJson,
  bundler: { name: 'esbuild', version: esbuildVersion },
  sourceDateEpoch: process.env.SOURCE_DATE_EPOCH,
});
write('dist/THIRD-PARTY-NOTICES.txt', Buffer.from(notices), 0o644);
write('dist/sbom.cdx.json', Buffer.from(sbom), 0o644);

function bundleCommand(entry: string, outfile: string): Promise<void> {
  const banner = `#!/usr/bin/env node\n"use strict";\n${versionCheck(basename(outfile, '.cjs'))}`;
  return bundle(entry, outfile, { banner, mode: 0o755 });
}

/** Runs before anything that an old Node does not have. */
function versionCheck(command: string): string {
  const least = Number(/\d+/.exec(packageJson.engines.node)?.[0]);
  const message = `${command}: needs Node ${least} or newer, found `;
  return `if (parseInt(process.versions.node) < ${least}) {
  process.stderr.write(${JSON.stringify(message)} + process.versions.node + "\\n");
  process.exit(1);
}`;
}

async function bundle(
  entry: string,
  outfile: string,
  { banner, mode } = { banner: '', mode: 0o644 },
): Promise<void> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    write: false,
    bundle: true,
    // Paths in the bundle begin with node_modules, also where that is a link to a folder elsewhere.
    preserveSymlinks: true,
    platform: 'node',
    target: PARSES_SINCE,
    format: 'cjs',
    minifySyntax: true,
    // Worker threads run the bundle that they are started from.
    define: { 'import.meta.filename': '__filename' },
    banner: { js: banner },
    metafile: true,
    // Into the notices, with the licences.
    legalComments: 'external',
    logLevel: 'warning',
  });
  const [code] = outputFiles.filter(({ path }) => path.endsWith('.cjs'));
  const comments = outputFiles.find(({ path }) => path.endsWith('.LEGAL.txt'))?.text ?? '';
  if (!code) throw new Error(`${entry}: esbuild made no bundle`);
  write(outfile, code.contents, mode);
  bundles.push({ path: outfile, bytes: code.contents, metafile, comments });
}

/** The file is replaced in one step: a running test or gateway may be about to start it. */
function write(path: string, bytes: Uint8Array, mode: number): void {
  const file = join(root, path);
  const unfinished = `${file}.${process.pid}`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(unfinished, bytes);
  chmodSync(unfinished, mode);
  renameSync(unfinished, file);
}

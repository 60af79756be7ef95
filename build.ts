/** Builds into self-contained CommonJS files: each plugin, the plugin server with both, and the command line tool. */
import { chmodSync, renameSync } from 'node:fs';
import { build } from 'esbuild';

const PLUGINS = ['crowdstrike-aidr-request', 'crowdstrike-aidr-response'];

for (const plugin of PLUGINS)
  await bundle(`plugins/${plugin}/index.ts`, `dist/plugins/${plugin}/${plugin}.cjs`);
await bundleCommand('src/bin/aidr-pluginserver.ts', 'dist/server/aidr-pluginserver.cjs');
await bundleCommand('src/bin/aidr-kong.ts', 'dist/cli/aidr-kong.cjs');

async function bundleCommand(entry: string, outfile: string): Promise<void> {
  await bundle(entry, outfile, '#!/usr/bin/env node');
  chmodSync(outfile, 0o755);
}

/** The file is replaced in one step: a running test or gateway may be about to start it. */
async function bundle(entry: string, outfile: string, banner = ''): Promise<void> {
  const unfinished = `${outfile}.${process.pid}`;
  await build({
    entryPoints: [entry],
    outfile: unfinished,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    minifySyntax: true,
    // Worker threads run the bundle that they are started from.
    define: { 'import.meta.filename': '__filename' },
    banner: { js: banner },
    legalComments: 'none',
    logLevel: 'warning',
  });
  renameSync(unfinished, outfile);
}

/** Builds self-contained CommonJS files: each plugin, the plugin server with all of them, and the command line tool. */
import { chmodSync, renameSync } from 'node:fs';
import { basename } from 'node:path';
import { build } from 'esbuild';
import packageJson from './package.json' with { type: 'json' };

/** The oldest Node that parses the bundles: an older one than they need is told so, and shows no syntax error. */
const PARSES_SINCE = 'node16.11';

const PLUGINS = ['crowdstrike-aidr-request', 'crowdstrike-aidr-response', 'crowdstrike-aidr-mcp'];

for (const plugin of PLUGINS)
  await bundle(`plugins/${plugin}/index.ts`, `dist/plugins/${plugin}/${plugin}.cjs`);
await bundleCommand('src/bin/aidr-pluginserver.ts', 'dist/server/aidr-pluginserver.cjs');
await bundleCommand('src/bin/aidr-kong.ts', 'dist/cli/aidr-kong.cjs');

async function bundleCommand(entry: string, outfile: string): Promise<void> {
  await bundle(
    entry,
    outfile,
    `#!/usr/bin/env node\n"use strict";\n${versionCheck(basename(outfile, '.cjs'))}`,
  );
  chmodSync(outfile, 0o755);
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

/** The file is replaced in one step: a running test or gateway may be about to start it. */
async function bundle(entry: string, outfile: string, banner = ''): Promise<void> {
  const unfinished = `${outfile}.${process.pid}`;
  await build({
    entryPoints: [entry],
    outfile: unfinished,
    bundle: true,
    platform: 'node',
    target: PARSES_SINCE,
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

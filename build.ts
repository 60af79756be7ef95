/** Builds each plugin, and the plugin server with both in it, into self-contained CommonJS files. */
import { chmodSync, rmSync } from 'node:fs';
import { type BuildOptions, build } from 'esbuild';

const PLUGINS = ['crowdstrike-aidr-request', 'crowdstrike-aidr-response'];
const SERVER = 'dist/server/aidr-pluginserver.cjs';

const shared: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  minifySyntax: true,
  legalComments: 'none',
  logLevel: 'warning',
};

rmSync('dist', { recursive: true, force: true });
for (const plugin of PLUGINS) {
  const outfile = `dist/plugins/${plugin}/${plugin}.cjs`;
  await build({ ...shared, entryPoints: [`plugins/${plugin}/index.ts`], outfile });
}
await build({
  ...shared,
  entryPoints: ['src/server/main.ts'],
  outfile: SERVER,
  banner: { js: '#!/usr/bin/env node' },
});
chmodSync(SERVER, 0o755);

/** Builds each plugin into one self-contained CommonJS file, as Kong's plugin servers load it. */
import { rmSync } from 'node:fs';
import { build } from 'esbuild';

const PLUGINS = ['crowdstrike-aidr-request', 'crowdstrike-aidr-response'];

rmSync('dist', { recursive: true, force: true });
for (const plugin of PLUGINS) {
  await build({
    entryPoints: [`plugins/${plugin}/index.ts`],
    outfile: `dist/plugins/${plugin}/${plugin}.cjs`,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
}

/** `npm run docs`: writes the generated configuration reference into the README, between its two markers. */
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { configurationReference } from '../src/config/reference.ts';

const file = resolve(import.meta.dirname, '../README.md');
const readme = await readFile(file, 'utf8');
const section = /(<!-- configuration:start -->\n).*(<!-- configuration:end -->)/s;
if (!section.test(readme)) throw new Error('README.md has lost its configuration markers');
await writeFile(
  file,
  readme.replace(section, (_, start, end) => `${start}${configurationReference()}\n${end}`),
);

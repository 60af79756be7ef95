/** `npm run docs`: writes what is generated into the documentation, between its markers. */
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { findingCodes } from '../src/cli/check/codes.ts';
import { configurationReference, mcpReference } from '../src/config/reference.ts';
import { endpointReference } from '../testkit/harness/endpoint-reference.ts';
import { answerTable, codeTable, shapeTable } from '../testkit/harness/refusal-reference.ts';
import { sizingTable } from '../testkit/harness/sizing-reference.ts';

const root = resolve(import.meta.dirname, '..');

async function write(page: string, section: string, content: string): Promise<void> {
  const file = resolve(root, page);
  const text = await readFile(file, 'utf8');
  const between = new RegExp(`(<!-- ${section}:start -->\n).*(<!-- ${section}:end -->)`, 's');
  if (!between.test(text)) throw new Error(`${page} has lost its markers of ${section}`);
  await writeFile(
    file,
    text.replace(between, (_, start, end) => `${start}${content}\n${end}`),
  );
}

await write('docs/configuration.md', 'configuration', configurationReference());
await write('docs/mcp.md', 'configuration', mcpReference());
await write('docs/endpoints.md', 'endpoints', endpointReference());
await write('docs/refusals.md', 'codes', codeTable());
await write('docs/refusals.md', 'shapes', shapeTable());
await write('docs/refusals.md', 'answers', answerTable());
await write('docs/check.md', 'codes', findingCodes());
await write(
  'docs/scaling.md',
  'sizing',
  sizingTable(await readFile(resolve(root, 'docs/benchmarks.md'), 'utf8')),
);

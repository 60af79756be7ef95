/** Which folder may import which; docs/architecture.md says the same. Lower folders know nothing of those above them. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, posix, resolve } from 'node:path';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';

/** From the bottom up: each folder of what ships, and the folders that it imports. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  'src/body': [],
  'src/fair-share': [],
  'src/formats': ['src/body'],
  'src/network': [],
  'src/tracing': [],
  'src/protocols': ['src/body', 'src/formats'],
  'src/config': ['src/formats', 'src/network', 'src/protocols'],
  'src/aidr': ['src/body', 'src/fair-share', 'src/config', 'src/network', 'src/tracing'],
  'src/kong': ['src/config'],
  'src/inspection': [
    ...['src/body', 'src/fair-share', 'src/formats', 'src/network', 'src/tracing', 'src/protocols'],
    ...['src/config', 'src/aidr'],
  ],
  'src/workers': [
    ...['src/body', 'src/fair-share', 'src/formats', 'src/config', 'src/aidr', 'src/kong'],
    ...['src/inspection', 'src/protocols'],
  ],
  'src/live': [
    ...['src/body', 'src/fair-share', 'src/formats', 'src/config', 'src/aidr', 'src/kong'],
    ...['src/network', 'src/inspection', 'src/workers', 'src/protocols'],
  ],
  plugins: [
    ...['src/body', 'src/network', 'src/tracing', 'src/config', 'src/kong', 'src/inspection'],
    ...['src/workers', 'src/live', 'src/protocols'],
  ],
  'src/cli': ['src/body', 'src/formats', 'src/config', 'src/aidr', 'src/kong', 'src/inspection'],
  'src/pluginserver': ['src/fair-share', 'src/network', 'src/kong', 'src/inspection', 'plugins'],
  'src/diagnostics': [
    ...['src/fair-share', 'src/config', 'src/aidr', 'src/inspection', 'src/workers', 'src/live'],
    ...['src/network', 'src/tracing', 'src/cli', 'src/pluginserver'],
  ],
  'src/bin': [
    ...['src/config', 'src/kong', 'src/inspection', 'src/workers', 'src/live', 'src/cli'],
    ...['src/network', 'src/pluginserver', 'src/diagnostics'],
  ],
};

/** What never ships. Each stands alone but for what all of them share. */
const TOOLS = ['bench', 'clients', 'corpus', 'demo', 'fuzz', 'scripts', 'soak', 'test'];
const SHARED = 'testkit';

const ROOT = resolve(import.meta.dirname, '..');

interface Import {
  from: string;
  to: string;
  isType: boolean;
}

let imports: Import[];
beforeAll(async () => {
  const files = await Promise.all(
    ['src', 'plugins', SHARED, ...TOOLS].map(async (folder) => {
      const entries = await readdir(join(ROOT, folder), { recursive: true });
      return entries.map((entry) => posix.join(folder, entry)).filter((path) => path.endsWith('.ts'));
    }),
  );
  imports = (await Promise.all(files.flat().map(importsOf))).flat();
});

async function importsOf(from: string): Promise<Import[]> {
  const source = ts.createSourceFile(from, await readFile(join(ROOT, from), 'utf8'), ts.ScriptTarget.Latest);
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined, isType: boolean) => {
    if (!specifier || !ts.isStringLiteral(specifier) || !specifier.text.startsWith('.')) return;
    found.push({ from, to: posix.join(posix.dirname(from), specifier.text), isType });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node))
      add(node.moduleSpecifier, isTypeOnly(node));
    // Loaded when it is needed, so that nothing has to be there before it.
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], true);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isTypeOnly(statement: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(statement)) return statement.isTypeOnly;
  const clause = statement.importClause;
  if (!clause) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const names = clause.namedBindings;
  if (clause.name || !names || !ts.isNamedImports(names)) return false;
  return names.elements.every((element) => element.isTypeOnly);
}

/** `src/formats` of `src/formats/openai/index.ts`; the first folder elsewhere. */
function folderOf(path: string): string {
  return path
    .split('/')
    .slice(0, path.startsWith('src/') ? 2 : 1)
    .join('/');
}

/** Of a folder that ships: unit tests beside the code may import what they like. */
function isShipped(path: string): boolean {
  return folderOf(path) in MAY_IMPORT && !path.endsWith('.test.ts');
}

/** @returns the files on a way that leads back to its beginning */
function cycleIn(edges: readonly Import[]): string[] | undefined {
  const next = Map.groupBy(edges, ({ from }) => from);
  const done = new Set<string>();
  const visit = (file: string, way: readonly string[]): string[] | undefined => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const { to } of next.get(file) ?? []) {
      const cycle = visit(to, [...way, file]);
      if (cycle) return cycle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of next.keys()) {
    const cycle = visit(file, []);
    if (cycle) return cycle;
  }
  return undefined;
}

describe('the architecture', () => {
  it('has an order: no folder may import one that comes after it', () => {
    const order = Object.keys(MAY_IMPORT);
    for (const [index, folder] of order.entries())
      for (const other of MAY_IMPORT[folder] ?? [])
        expect(order.indexOf(other), `${folder} imports ${other}`).toBeLessThan(index);
  });

  it('is what the imports say, no more and no less', () => {
    const found: Record<string, string[]> = {};
    for (const folder of Object.keys(MAY_IMPORT)) {
      const own = imports.filter(({ from }) => isShipped(from) && folderOf(from) === folder);
      const others = new Set(own.map(({ to }) => folderOf(to)).filter((other) => other !== folder));
      others.delete('package.json');
      found[folder] = [...others].sort();
    }
    const allowed = Object.entries(MAY_IMPORT).map(([folder, others]) => [folder, others.toSorted()]);
    expect(found).toEqual(Object.fromEntries(allowed));
  });

  it('is what the documentation says', async () => {
    const page = await readFile(join(ROOT, 'docs/architecture.md'), 'utf8');
    const rows = [...page.matchAll(/^\| `([\w/-]+)\/` \|.*\|\s*([^|]*?)\s*\|$/gm)];
    const documented = rows.map(([, folder = '', others = '']) => [
      folder,
      [...others.matchAll(/[\w-]+/g)].map(([name]) => (name === 'plugins' ? name : `src/${name}`)).sort(),
    ]);
    const allowed = Object.entries(MAY_IMPORT).map(([folder, others]) => [folder, others.toSorted()]);
    expect(documented.filter(([folder]) => typeof folder === 'string' && folder in MAY_IMPORT)).toEqual(
      allowed,
    );
    for (const tool of [SHARED, ...TOOLS]) expect(page).toContain(`| \`${tool}/\` |`);
  });

  it('has no file of what ships that depends on itself, types included', () => {
    expect(cycleIn(imports.filter(({ from }) => isShipped(from)))).toBeUndefined();
  });

  it('has no file anywhere that has to be loaded before itself', () => {
    expect(cycleIn(imports.filter(({ isType }) => !isType))).toBeUndefined();
  });

  it.each([SHARED, ...TOOLS])('lets %s import nothing that is another tool', (tool) => {
    const strangers = imports.filter(({ from, to }) => {
      const folder = folderOf(to);
      return folderOf(from) === tool && folder !== tool && folder !== SHARED && TOOLS.includes(folder);
    });
    // A test compares what the scripts write with what is there.
    const allowed = tool === 'test' ? ['scripts'] : [];
    expect(strangers.filter(({ to }) => !allowed.includes(folderOf(to)))).toEqual([]);
  });

  it('imports files that are there', () => {
    const missing = imports.filter(({ from, to }) => {
      return !from.startsWith('test/fixtures/') && !existsSync(join(ROOT, to));
    });
    expect(missing.filter(({ to }) => !to.includes('/acme/'))).toEqual([]);
  });
});

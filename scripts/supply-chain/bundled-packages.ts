/** Which npm packages are in the bundles, by what esbuild says of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

export interface BundledPackage {
  /** The folder that it was taken from, such as `node_modules/undici`. */
  folder: string;
  name: string;
  version: string;
  description: string;
  /** What its package.json says: an SPDX identifier, or an expression. */
  license: string;
  /** The whole text of each file that grants or explains the licence, by name of the file. */
  texts: { file: string; text: string }[];
  /** Folders of the packages that its bundled files import. */
  imports: string[];
}

const FOLDER = /^(.*\bnode_modules\/(?:@[^/]+\/)?[^/]+)\//;
const LEGAL_FILE = /^(licen[cs]e|copying|notice)\b/i;

/**
 * @param metafiles one of each bundle
 * @param root the folder that paths in the metafiles are relative to
 * @returns each package of which a byte is in a bundle, by name and version
 * @throws {Error} where a package has no licence to pass on
 */
export function bundledPackages(metafiles: readonly Metafile[], root: string): BundledPackage[] {
  const folders = new Map<string, Set<string>>();
  for (const { inputs, outputs } of metafiles) {
    const bundled = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
    for (const [file, { bytesInOutput }] of bundled) {
      const folder = folderOf(file);
      if (!folder || bytesInOutput === 0) continue;
      const imports = folders.get(folder) ?? new Set();
      folders.set(folder, imports);
      for (const { path } of inputs[file]?.imports ?? []) {
        const imported = folderOf(path);
        if (imported && imported !== folder) imports.add(imported);
      }
    }
  }
  const isBundled = (folder: string) => folders.has(folder);
  return [...folders]
    .map(([folder, imports]) => read(root, folder, [...imports].filter(isBundled).sort()))
    .sort((one, other) => compare(one.name, other.name) || compare(one.version, other.version));
}

/** The files of our own that are in a bundle and import packages: what the packages in it are there for. */
export function directImports(metafiles: readonly Metafile[]): string[] {
  const imported = metafiles.flatMap(({ inputs }) =>
    Object.entries(inputs)
      .filter(([file]) => !folderOf(file))
      .flatMap(([, { imports }]) => imports.map(({ path }) => folderOf(path))),
  );
  return [...new Set(imported.filter((folder) => folder !== undefined))].sort();
}

function folderOf(file: string): string | undefined {
  return FOLDER.exec(file)?.[1];
}

function read(root: string, folder: string, imports: string[]): BundledPackage {
  const path = join(root, folder);
  const {
    name,
    version,
    description = '',
    license,
  } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
  const texts = readdirSync(path)
    .filter((file) => LEGAL_FILE.test(file))
    .sort()
    .map((file) => ({ file, text: readFileSync(join(path, file), 'utf8').replaceAll('\r\n', '\n').trim() }));
  if (texts.length === 0) throw new Error(`${folder} has no licence file: it may not be bundled`);
  return { folder, name, version, description, license, texts, imports };
}

/** By code units, so that every machine sorts alike. */
function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

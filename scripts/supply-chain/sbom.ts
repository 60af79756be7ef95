/**
 * The software bill of materials of a build, as CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/): the files that
 * are published, with their digests, and every package of which code is in them.
 *
 * The same sources make the same document: its serial number is made of what it says, and it bears a time only if
 * SOURCE_DATE_EPOCH gives one.
 */
import { createHash } from 'node:crypto';
import type { BundledPackage } from './bundled-packages.ts';
import type { CarriedCode } from './carried-code.ts';

export interface Materials {
  product: { name: string; version: string; description: string; license: string };
  /** What bundled it all. */
  bundler: { name: string; version: string };
  files: readonly { path: string; bytes: Uint8Array }[];
  packages: readonly BundledPackage[];
  /** Folders of the packages that our own code imports. */
  direct: readonly string[];
  carried: readonly CarriedCode[];
  /** `integrity` of each folder in package-lock.json. */
  integrityOf: (folder: string, version: string) => string | undefined;
  /** Seconds since 1970, as a decimal number; undefined: the document bears no time. */
  sourceDateEpoch: string | undefined;
}

export function sbom(materials: Materials): string {
  const { product, packages, direct, sourceDateEpoch } = materials;
  const refs = new Map(packages.map((each) => [each.folder, purl(each)]));
  const refsOf = (folders: readonly string[]) => folders.flatMap((folder) => refs.get(folder) ?? []).sort();
  const root = purl(product);
  const content = {
    metadata: {
      ...(sourceDateEpoch ? { timestamp: new Date(Number(sourceDateEpoch) * 1000).toISOString() } : {}),
      lifecycles: [{ phase: 'build' }],
      tools: { components: [{ type: 'application', ...materials.bundler }] },
      component: {
        'bom-ref': root,
        type: 'application',
        name: product.name,
        version: product.version,
        description: product.description,
        licenses: [{ license: { id: product.license } }],
        purl: root,
      },
    },
    components: [
      ...materials.files.map(fileComponent),
      ...packages.map((each) => packageComponent(each, materials)),
    ],
    dependencies: [
      { ref: root, dependsOn: refsOf(direct) },
      ...packages.map((each) => ({ ref: purl(each), dependsOn: refsOf(each.imports) })),
    ],
  };
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify(content))}`,
    version: 1,
    ...content,
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function fileComponent({ path, bytes }: Materials['files'][number]) {
  const content = createHash('sha256').update(bytes).digest('hex');
  return { 'bom-ref': path, type: 'file', name: path, hashes: [{ alg: 'SHA-256', content }] };
}

function packageComponent(each: BundledPackage, { carried, integrityOf }: Materials) {
  const { name, version, description, license, folder } = each;
  const integrity = integrityOf(folder, version);
  const inside = carried.filter(({ within }) => within === folder);
  return {
    'bom-ref': purl(each),
    type: 'library',
    name,
    version,
    description,
    scope: 'required',
    ...(integrity ? { hashes: [hashOf(integrity)] } : {}),
    licenses: [/[ ()]/.test(license) ? { expression: license } : { license: { id: license } }],
    purl: purl(each),
    ...(inside.length > 0 ? { components: inside.map(carriedComponent) } : {}),
  };
}

function carriedComponent({ name, license, within }: CarriedCode) {
  return { 'bom-ref': `${within}#${name}`, type: 'library', name, licenses: [{ license: { id: license } }] };
}

/** @param integrity as in package-lock.json: `sha512-<base64>` */
function hashOf(integrity: string): { alg: string; content: string } {
  const [algorithm = '', digest = ''] = integrity.split('-');
  const content = Buffer.from(digest, 'base64').toString('hex');
  return { alg: `SHA-${algorithm.replace('sha', '')}`, content };
}

function purl({ name, version }: { name: string; version: string }): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

/** A version 8 UUID (RFC 9562) of a text. */
function uuidOf(text: string): string {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16);
  bytes[6] = (Number(bytes[6]) & 0x0f) | 0x80;
  bytes[8] = (Number(bytes[8]) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

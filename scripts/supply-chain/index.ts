/** What is published beside the bundles: whose code is in them, and under which licences. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { bundledPackages, directImports } from './bundled-packages.ts';
import { carriedCode } from './carried-code.ts';
import { type Materials, sbom } from './sbom.ts';
import { thirdPartyNotices } from './third-party-notices.ts';

export interface Bundle {
  /** From the repository's top folder. */
  path: string;
  bytes: Uint8Array;
  metafile: Metafile;
  /** esbuild's collection of comments like `@license`, empty if there are none. */
  comments: string;
}

export interface Documents {
  notices: string;
  sbom: string;
}

/** @param root the repository's top folder */
export function supplyChainDocuments(
  root: string,
  bundles: readonly Bundle[],
  { product, bundler, sourceDateEpoch }: Pick<Materials, 'product' | 'bundler' | 'sourceDateEpoch'>,
): Documents {
  const metafiles = bundles.map(({ metafile }) => metafile);
  const packages = bundledPackages(metafiles, root);
  const carried = carriedCode(metafiles);
  const comments = bundles.flatMap((bundle) => commentsIn(bundle.comments));
  return {
    notices: thirdPartyNotices({ packages, carried, comments: [...new Set(comments)].sort() }),
    sbom: sbom({
      product,
      bundler,
      files: bundles.map(({ path, bytes }) => ({ path, bytes })),
      packages,
      direct: directImports(metafiles),
      carried,
      integrityOf: integrities(root),
      sourceDateEpoch,
    }),
  };
}

/** Without esbuild's own heading; one entry for each file that has some. */
function commentsIn(text: string): string[] {
  return text
    .replace(/^Bundled license information:\n\n/, '')
    .split(/\n\n(?=\S)/)
    .map((comment) => comment.trim())
    .filter((comment) => comment !== '');
}

/** Of what is installed as the lock file says; the package from the registry comes without one. */
function integrities(root: string): Materials['integrityOf'] {
  const file = join(root, 'package-lock.json');
  const { packages } = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { packages: {} };
  return (folder, version) => {
    const locked = packages[folder];
    return locked?.version === version ? locked.integrity : undefined;
  };
}

/** The licences of everything that the bundles hold, to be passed on with them. */
import type { BundledPackage } from './bundled-packages.ts';
import type { CarriedCode } from './carried-code.ts';

const RULE = '='.repeat(80);

export interface ThirdParties {
  packages: readonly BundledPackage[];
  carried: readonly CarriedCode[];
  /** Comments in the packages' code that name whose it is, as esbuild collects them. */
  comments: readonly string[];
}

export function thirdPartyNotices({ packages, carried, comments }: ThirdParties): string {
  const sections = [
    ...packages.map(({ name, version, license, texts }) =>
      section(`${name} ${version} (${license})`, texts.map(({ text }) => text).join('\n\n')),
    ),
    ...carried.map(({ name, license, within, text }) =>
      section(`${name} (${license}), part of ${within.replace('node_modules/', '')}`, text),
    ),
    ...(comments.length > 0 ? [section('Notices in the code of these packages', comments.join('\n\n'))] : []),
  ];
  return `THIRD-PARTY NOTICES

The files aidr-pluginserver.cjs, aidr-kong.cjs and those of the plugins hold code of the packages
below. Each is distributed under its own licence.

${sections.join('\n')}`;
}

function section(title: string, text: string): string {
  return `${RULE}\n${title}\n${RULE}\n\n${text}\n`;
}

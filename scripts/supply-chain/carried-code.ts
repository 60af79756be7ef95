/** Code of third parties inside of packages, which the metafile shows as the package's own. */
import type { Metafile } from 'esbuild';

export interface CarriedCode {
  name: string;
  license: string;
  /** The folder in node_modules in which it comes. */
  within: string;
  text: string;
}

const MIT = `Permission is hereby granted, free of charge, to any person obtaining a
copy of this software and associated documentation files (the
"Software"), to deal in the Software without restriction, including
without limitation the rights to use, copy, modify, merge, publish,
distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the
following conditions:

The above copyright notice and this permission notice shall be included
in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS
OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN
NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM,
DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE
USE OR OTHER DEALINGS IN THE SOFTWARE.`;

/** By the bundled files that hold it. */
const KNOWN: (CarriedCode & { files: RegExp })[] = [
  {
    name: 'llhttp',
    license: 'MIT',
    within: 'node_modules/undici',
    files: /^node_modules\/undici\/lib\/llhttp\//,
    text: `This software is licensed under the MIT License.\n\nCopyright Fedor Indutny, 2018.\n\n${MIT}`,
  },
];

/** @returns what of it the bundles hold */
export function carriedCode(metafiles: readonly Metafile[]): CarriedCode[] {
  const files = metafiles.flatMap(({ inputs }) => Object.keys(inputs));
  return KNOWN.filter((known) => files.some((file) => known.files.test(file))).map(
    ({ name, license, within, text }) => ({ name, license, within, text }),
  );
}

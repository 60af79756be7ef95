/** The declarations of an official client, without those of what it is built upon: a second in place of ten. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import ts from 'typescript';

const MODULES = resolve(import.meta.dirname, '../../node_modules');

/** What clients' types are made of. Whatever else they use of JavaScript has no data in it. */
const LIBRARY = `
interface Array<T> { readonly length: number; [index: number]: T }
interface ReadonlyArray<T> { readonly length: number; readonly [index: number]: T }
interface Function {} interface CallableFunction extends Function {} interface NewableFunction extends Function {}
interface Boolean {} interface Number {} interface String {} interface Object {} interface RegExp {} interface IArguments {}
interface Promise<T> { then(done: (value: T) => void): void }
interface Date { getTime(): number } interface Uint8Array { readonly BYTES_PER_ELEMENT: number }
interface Response { readonly ok: boolean }
interface ArrayBuffer { readonly byteLength: number } interface Blob { readonly size: number } interface File extends Blob {}
interface AsyncIterable<T> { next(): Promise<T> } interface AsyncGenerator<T> extends AsyncIterable<T> {}
type Partial<T> = { [P in keyof T]?: T[P] }; type Required<T> = { [P in keyof T]-?: T[P] };
type Readonly<T> = { readonly [P in keyof T]: T[P] }; type Record<K extends keyof any, T> = { [P in K]: T };
type Pick<T, K extends keyof T> = { [P in K]: T[P] }; type Exclude<T, U> = T extends U ? never : T;
type Extract<T, U> = T extends U ? T : never; type Omit<T, K extends keyof any> = Pick<T, Exclude<keyof T, K>>;
type NonNullable<T> = T & {};`;

const OPTIONS: ts.CompilerOptions = {
  ...{ target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, types: [] },
  ...{ strict: true, skipLibCheck: true, noEmit: true },
};

/** @param files declarations, from node_modules @returns a program of them, and of what they import from their own package */
export function readDeclarations(files: readonly string[]): ts.Program {
  return ts.createProgram(
    files.map((file) => resolve(MODULES, file)),
    OPTIONS,
    {
      getSourceFile(file, version) {
        if (file === LIBRARY_FILE) return ts.createSourceFile(file, LIBRARY, version);
        return ts.createSourceFile(file, readFileSync(file, 'utf8'), version);
      },
      getDefaultLibFileName: () => LIBRARY_FILE,
      resolveModuleNameLiterals: (literals, from) =>
        literals.map(({ text }) => ({ resolvedModule: resolvedModule(text, from) })),
      fileExists: existsSync,
      readFile: (file) => readFileSync(file, 'utf8'),
      writeFile() {},
      getCurrentDirectory: () => MODULES,
      getCanonicalFileName: (file) => file,
      useCaseSensitiveFileNames: () => true,
      getNewLine: () => '\n',
    },
  );
}

const LIBRARY_FILE = 'library.d.ts';

function resolvedModule(name: string, from: string): ts.ResolvedModuleFull | undefined {
  if (!name.startsWith('.')) return undefined;
  const base = resolve(dirname(from), name);
  const found = [base.replace(/\.js$/, ''), base, `${base}/index`]
    .map((path) => `${path}.d.ts`)
    .find((path) => existsSync(path));
  if (found === undefined) return undefined;
  return { resolvedFileName: found, extension: ts.Extension.Dts, isExternalLibraryImport: false };
}

/** The commands of a client of AWS, with what its types say of their input and output. */
import { resolve } from 'node:path';
import ts from 'typescript';
import { readDeclarations } from './declarations.ts';
import type { SdkMethod } from './sdk-methods.ts';
import { type LeafOf, Sampler } from './sdk-types.ts';

const MODULES = resolve(import.meta.dirname, '../../node_modules');

/** @param file declarations, from node_modules @param leafOf what stands for bytes and times in the input */
export function sdkCommandsOf(file: string, leafOf: LeafOf): SdkMethod[] {
  const program = readDeclarations([file]);
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(resolve(MODULES, file));
  const module = source && checker.getSymbolAtLocation(source);
  const all = new Map((module ? checker.getExportsOfModule(module) : []).map((one) => [one.name, one]));
  const declared = (name: string) => {
    const symbol = all.get(name);
    if (!symbol) throw new Error(`${file} declares no ${name}`);
    const own = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    return checker.getDeclaredTypeOfSymbol(own);
  };
  return [...all.keys()]
    .filter((name) => /^\w+Command$/.test(name))
    .map((name) => {
      const output = declared(`${name}Output`);
      const stream = checker
        .getPropertiesOfType(output)
        .map((one) => checker.getTypeOfSymbol(one))
        .flatMap((type) => (type.isUnion() ? type.types : [type]))
        .find(({ symbol }) => symbol?.name === 'AsyncIterable');
      const [event] = stream ? checker.getTypeArguments(stream as ts.TypeReference) : [];
      return {
        name,
        args: [new Sampler(checker, leafOf).samplesOf(declared(`${name}Input`))],
        answers: event ? [] : new Sampler(checker, onTheWire).samplesOf(output),
        events: event ? new Sampler(checker, onTheWire).samplesOf(event) : [],
      };
    });
}

/** Bytes are base64. */
function onTheWire(type: string): string {
  return type === 'Uint8Array' ? Buffer.from('words').toString('base64') : 'words';
}

/** The methods of an official client, with arguments that its types allow, and what its types say of the answers. */
import { resolve } from 'node:path';
import ts from 'typescript';
import { readDeclarations } from './declarations.ts';
import { type LeafOf, Sampler } from './sdk-types.ts';

const MODULES = resolve(import.meta.dirname, '../../node_modules');

export interface SdkMethod {
  /** As `vectorStores.files.create`. */
  name: string;
  /** What each argument can be; together they have all that its type can. */
  args: unknown[][];
  /** Bodies of answers. */
  answers: unknown[];
  /** Events of a streamed answer. */
  events: unknown[];
}

/**
 * @param file declarations, from node_modules
 * @param client the class
 * @param leafOf what stands for files, bytes and times among the arguments
 */
export function sdkMethodsOf(file: string, client: string, leafOf: LeafOf): SdkMethod[] {
  const program = readDeclarations([file]);
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(resolve(MODULES, file));
  const module = source && checker.getSymbolAtLocation(source);
  const symbol = module && checker.getExportsOfModule(module).find(({ name }) => name === client);
  if (!symbol) throw new Error(`${file} declares no ${client}`);
  const own = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  return methodsIn(checker, leafOf, checker.getDeclaredTypeOfSymbol(own), [], []);
}

function methodsIn(
  checker: ts.TypeChecker,
  leafOf: LeafOf,
  type: ts.Type,
  path: readonly string[],
  above: readonly ts.Type[],
): SdkMethod[] {
  if (above.includes(type)) return [];
  return checker.getPropertiesOfType(type).flatMap((property) => {
    if (!isPublic(property)) return [];
    const at = [...path, property.name];
    const member = checker.getTypeOfSymbol(property);
    const signatures = member.getCallSignatures();
    if (signatures.length > 0) return [methodOf(checker, leafOf, at.join('.'), signatures)];
    return member.isClass() ? methodsIn(checker, leafOf, member, at, [...above, type]) : [];
  });
}

function isPublic({ name, declarations = [] }: ts.Symbol): boolean {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  return (
    !/^(?:_|\$)/.test(name) &&
    !declarations.some(
      (one) => ts.getCombinedModifierFlags(one) & hidden || ts.isTypeParameterDeclaration(one),
    )
  );
}

function methodOf(
  checker: ts.TypeChecker,
  leafOf: LeafOf,
  name: string,
  signatures: readonly ts.Signature[],
): SdkMethod {
  const results = signatures.map((one) => resultOf(checker, one.getReturnType()));
  // Of several signatures the last one takes whatever the others do.
  const parameters = signatures.at(-1)?.getParameters() ?? [];
  return {
    name,
    args: parameters
      .filter((parameter) => !/^(?:request)?options$/i.test(parameter.name))
      .map((parameter) => new Sampler(checker, leafOf).samplesOf(checker.getTypeOfSymbol(parameter))),
    answers: results.flatMap(({ answers }) => answers),
    events: results.flatMap(({ events }) => events),
  };
}

type Result = Pick<SdkMethod, 'answers' | 'events'>;

const NOTHING: Result = { answers: [], events: [] };

function resultOf(checker: ts.TypeChecker, type: ts.Type): Result {
  if (type.isUnion()) {
    const all = type.types.map((one) => resultOf(checker, one));
    return { answers: all.flatMap((one) => one.answers), events: all.flatMap((one) => one.events) };
  }
  const name = type.symbol?.name ?? '';
  const [first, second] = checker.getTypeArguments(type as ts.TypeReference);
  if (first && PROMISES.has(name)) return resultOf(checker, first);
  if (first && STREAMS.has(name)) return { answers: [], events: new Sampler(checker).samplesOf(first) };
  if (second && name === 'PagePromise') return listOf(new Sampler(checker).samplesOf(second));
  if (first && PAGES.has(name)) return listOf(new Sampler(checker).samplesOf(first));
  if (name === 'Response' || type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Void)) return NOTHING;
  return { answers: new Sampler(checker).samplesOf(type), events: [] };
}

function listOf(items: readonly unknown[]): Result {
  return { answers: [{ data: items, has_more: false }], events: [] };
}

const PROMISES = new Set(['APIPromise', 'Promise', 'HttpResponsePromise']);
const STREAMS = new Set(['Stream', 'AsyncGenerator', 'AsyncIterable', 'JSONLDecoder']);
const PAGES = new Set(['Page', 'Pager']);

/**
 * Bodies that together have every member which an official client's types declare, each variant of a union among them:
 * what an API defines, whether or not anybody has recorded it.
 */
import { resolve } from 'node:path';
import ts from 'typescript';

const MODULES = resolve(import.meta.dirname, '../../node_modules');

/** A type that holds itself is followed so many times. */
const MAX_DEPTH = 2;

export interface SdkTypes {
  /** @param name of a type, or `Namespace.Type` @returns bodies; throws where the file does not declare the type */
  bodiesOf(file: string, name: string): unknown[];
}

/** @param files declarations, from node_modules */
export function readSdkTypes(files: readonly string[]): SdkTypes {
  const paths = files.map((file) => resolve(MODULES, file));
  const program = ts.createProgram(paths, {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    lib: ['lib.es2022.d.ts'],
    types: [],
    strict: true,
    skipLibCheck: true,
    noEmit: true,
  });
  const checker = program.getTypeChecker();
  return {
    bodiesOf(file, name) {
      const source = program.getSourceFile(resolve(MODULES, file));
      let symbol = source && checker.getSymbolAtLocation(source);
      for (const step of name.split('.')) symbol = symbol && exportOf(checker, symbol, step);
      // Some clients keep the types of the wire to themselves.
      symbol ??= source && declaredIn(checker, source, name);
      if (!symbol) throw new Error(`${file} declares no ${name}`);
      return new Sampler(checker).samplesOf(checker.getDeclaredTypeOfSymbol(symbol));
    },
  };
}

function exportOf(checker: ts.TypeChecker, of: ts.Symbol, name: string): ts.Symbol | undefined {
  const symbol = checker.getExportsOfModule(of).find((one) => one.name === name);
  return symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

function declaredIn(checker: ts.TypeChecker, source: ts.SourceFile, name: string): ts.Symbol | undefined {
  const types = checker.getSymbolsInScope(source, ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias);
  return types.find((one) => one.name === name && one.declarations?.[0]?.getSourceFile() === source);
}

/** @returns what stands for a value that is no JSON */
export type LeafOf = (type: string) => unknown;

export class Sampler {
  readonly #checker: ts.TypeChecker;
  readonly #leafOf: LeafOf;
  readonly #within: ts.Type[] = [];
  /** The types of members by their names: eight events have the same answer in them. */
  readonly #told = new Map<string, Set<ts.Type>>();

  constructor(checker: ts.TypeChecker, leafOf: LeafOf = () => 'words') {
    this.#checker = checker;
    this.#leafOf = leafOf;
  }

  /** @returns values that together have all that the type can; none where it holds itself too deep */
  samplesOf(type: ts.Type): unknown[] {
    const alias = type.aliasSymbol?.name ?? '';
    if (LEAVES.has(alias)) return [this.#leafOf(alias)];
    if (type.isStringLiteral() || type.isNumberLiteral()) return [type.value];
    if (type.flags & ts.TypeFlags.BooleanLike) return [true];
    if (type.flags & ts.TypeFlags.NumberLike) return [1];
    if (type.flags & NOTHING) return [];
    if (type.isUnion()) return this.#samplesOfUnion(type);
    return isObjectType(type) ? this.#samplesOfObject(type) : ['words'];
  }

  /** Of the words of a closed list one is as good as another. */
  #samplesOfUnion(type: ts.UnionType): unknown[] {
    const samples = type.types.flatMap((one) => this.samplesOf(one));
    const leaves = samples.filter((sample) => typeof sample !== 'object');
    const words = leaves.find((leaf) => leaf === 'words') ?? leaves[0];
    const objects = samples.filter((sample) => typeof sample === 'object');
    return words === undefined ? objects : [...objects, words];
  }

  #samplesOfObject(type: ts.Type): unknown[] {
    const name = type.symbol?.name ?? '';
    if (LEAVES.has(name)) return [this.#leafOf(name)];
    if (this.#within.filter((one) => one === type).length >= MAX_DEPTH) return [];
    this.#within.push(type);
    const item = this.#checker.isArrayLikeType(type)
      ? this.#checker.getIndexTypeOfType(type, ts.IndexKind.Number)
      : undefined;
    const samples = item ? this.samplesOf(item).map((sample) => [sample]) : this.#samplesOfMembers(type);
    this.#within.pop();
    return samples;
  }

  /** One with the first sample of every member, and for each further sample one with little else. */
  #samplesOfMembers(type: ts.Type): unknown[] {
    const members = this.#checker.getPropertiesOfType(type).flatMap((member) => {
      const samples = this.#samplesOfMember(member.name, this.#checker.getTypeOfSymbol(member));
      const isOptional = Boolean(member.flags & ts.SymbolFlags.Optional);
      return samples.length > 0 && isData(member) ? [{ name: member.name, samples, isOptional }] : [];
    });
    const others = this.#checker.getIndexTypeOfType(type, ts.IndexKind.String);
    if (others) members.push({ name: 'named', samples: this.samplesOf(others), isOptional: true });
    // A variant that clients keep for what they do not know.
    if (members.length === 0 && this.#checker.getPropertiesOfType(type).length > 0) return [];
    const first = Object.fromEntries(members.map(({ name, samples }) => [name, samples[0]]));
    const required = Object.fromEntries(
      members.filter(({ isOptional }) => !isOptional).map(({ name, samples }) => [name, samples[0]]),
    );
    return [
      first,
      ...members.flatMap(({ name, samples }) =>
        samples.slice(1).map((value) => ({ ...required, [name]: value })),
      ),
    ];
  }

  /** Everywhere but where it stands first, one sample is enough. */
  #samplesOfMember(name: string, type: ts.Type): unknown[] {
    const told = this.#told.get(name) ?? new Set();
    this.#told.set(name, told);
    const samples = this.samplesOf(type);
    if (told.has(type)) return samples.slice(0, 1);
    told.add(type);
    return samples;
  }
}

/** Not so are strings, what may be anything, and `string & {}`, which is any string beside a list of known ones. */
function isObjectType(type: ts.Type): boolean {
  if (type.isIntersection()) return type.types.every(isObjectType);
  return Boolean(type.flags & ts.TypeFlags.Object);
}

const NOTHING = ts.TypeFlags.Null | ts.TypeFlags.Undefined | ts.TypeFlags.Void | ts.TypeFlags.Never;

/** Bytes and times are strings on the wire. */
const LEAVES = new Set(['Uint8Array', 'Date', 'Blob', 'File', 'ArrayBuffer', 'Uploadable']);

/** Not so are methods, and what clients keep for members that they do not know. */
function isData(member: ts.Symbol): boolean {
  return !(member.flags & ts.SymbolFlags.Method) && !/^(?:__|\$)/.test(member.name);
}

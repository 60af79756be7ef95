/**
 * The Lua that the gateway runs: Lua 5.1 with the names of Kong's sandbox, as far as the gateway has them. Kong runs
 * LuaJIT and the gateway Lua 5.3; what the two do not read alike is refused.
 *
 * @see https://docs.konghq.com/gateway/latest/reference/configuration/#untrusted_lua
 */

import { type Chunk, parse } from 'luaparse';

/** Global functions and tables of functions, without what Lua 5.3 has not. */
export const LIBRARY: Readonly<Record<string, readonly string[]>> = {
  '': words(
    '_VERSION assert error ipairs next pairs pcall select tonumber tostring type unpack xpcall _G kong ngx',
  ),
  coroutine: words('create resume running status wrap yield'),
  math: words(
    'abs acos asin atan ceil cos deg exp floor fmod huge log max min modf pi rad random sin sqrt tan',
  ),
  os: words('clock date difftime time'),
  string: words('byte char find format gmatch gsub len lower match rep reverse sub upper'),
  table: words('concat insert remove sort'),
};

const ESCAPES = /\\(?:[abfnrtv\\"'\n\r]|\d{1,3})/g;

type Node = { type: string; range: [number, number]; loc?: { start: { line: number } } } & {
  [field: string]: unknown;
};

export interface CheckedLua {
  /** To be run: the same on the same lines, with every number written such that it is no 32-bit integer. */
  readonly runnable: string;
}

const CHECKED = new Map<string, CheckedLua | Error>();

/**
 * Checks a function's text.
 *
 * @param names whether `kong` or `ngx` has what stands behind a dotted name
 * @throws {Error} in Lua's form, for what is no Lua 5.1 or names what the gateway has not
 */
export function checkLua(code: string, names: (path: string) => boolean): CheckedLua {
  const known = CHECKED.get(code) ?? attempt(code, names);
  CHECKED.set(code, known);
  if (known instanceof Error) throw known;
  return known;
}

function attempt(code: string, names: (path: string) => boolean): CheckedLua | Error {
  try {
    const chunk = parse(code, { luaVersion: '5.1', scope: true, locations: true, ranges: true });
    return { runnable: checked(chunk, code, names) };
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function checked(chunk: Chunk, code: string, names: (path: string) => boolean): string {
  const nodes = [...everyNode(chunk as unknown as Node)];
  const assigned = new Set(nodes.flatMap(assignedGlobals));
  const numbers: Node[] = [];
  for (const node of nodes) {
    const refuse = (why: string): never => {
      throw new Error(`[${node.loc?.start.line ?? 0}] ${why}`);
    };
    if (node.type === 'NumericLiteral') numbers.push(node);
    if (node.type === 'StringLiteral' && hasOddEscape(String(node.raw)))
      refuse(`an escape that Lua 5.1 and LuaJIT read differently: ${String(node.raw)}`);
    const path = globalPath(node);
    if (path !== undefined && !isKnown(path, assigned, names))
      refuse(`the embedded gateway's Lua does not have ${path}`);
  }
  return numbers.sort((one, other) => other.range[0] - one.range[0]).reduce(asFloat, code);
}

function isKnown(path: string, assigned: ReadonlySet<string>, names: (path: string) => boolean): boolean {
  const [root = '', member] = path.split('.');
  if (assigned.has(root)) return true;
  if (LIBRARY[root] !== undefined) return member === undefined || LIBRARY[root].includes(member);
  if ((root === 'kong' || root === 'ngx') && member !== undefined) return names(path);
  return LIBRARY['']?.includes(root) ?? false;
}

/** `globals` has nodes that stand elsewhere in the tree too. */
const NO_CHILDREN = new Set(['parent', 'globals', 'comments']);

function* everyNode(node: Node, parent?: Node): Generator<Node> {
  yield parent === undefined ? node : Object.assign(node, { parent });
  for (const [field, value] of Object.entries(node)) {
    if (NO_CHILDREN.has(field)) continue;
    for (const child of Array.isArray(value) ? value : [value])
      if (isNode(child)) yield* everyNode(child, node);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'type') === 'string';
}

/** `kong.request.get_header` of the outermost expression that begins with a global name. */
function globalPath(node: Node): string | undefined {
  if (node.type !== 'Identifier' || node.isLocal !== false || isFieldName(node)) return undefined;
  let path = String(node.name);
  let inner = node;
  for (;;) {
    const outer = inner.parent as Node | undefined;
    if (outer?.type !== 'MemberExpression' || outer.base !== inner || outer.indexer !== '.') return path;
    path += `.${String((outer.identifier as Node).name)}`;
    inner = outer;
  }
}

function isFieldName(node: Node): boolean {
  const parent = node.parent as Node | undefined;
  if (parent?.type === 'MemberExpression') return parent.identifier === node;
  return parent?.type === 'TableKeyString' && parent.key === node;
}

/** Names that the code itself gives a value, `function name()` among them. */
function assignedGlobals(node: Node): string[] {
  const targets = node.type === 'AssignmentStatement' ? node.variables : [node.identifier];
  if (node.type !== 'AssignmentStatement' && node.type !== 'FunctionDeclaration') return [];
  return (targets as (Node | null)[]).flatMap((target) =>
    target?.type === 'Identifier' && target.isLocal === false ? [String(target.name)] : [],
  );
}

function hasOddEscape(raw: string): boolean {
  return !raw.startsWith('[') && raw.replace(ESCAPES, '').includes('\\');
}

function asFloat(code: string, { range: [start, end], value }: Node): string {
  const number = String(value);
  return `${code.slice(0, start)}${/^\d+$/.test(number) ? `${number}.0` : number}${code.slice(end)}`;
}

function words(text: string): string[] {
  return text.split(' ');
}

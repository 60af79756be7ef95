/**
 * Headers of 2026-07-28 that repeat what a message says. A server, or a proxy before it, may go by either, so they must
 * agree; then what AIDR says of the message holds for them too.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports
 */
import type { Path } from '../../body/json/edit.ts';
import { valueAt } from '../../formats/placed.ts';
import { isObject, type JsonObject } from '../../formats/segment.ts';
import type { Repeated } from '../protocol.ts';

const PARAM = 'mcp-param-';

/** What the name in the header is, by the method. */
const NAMED: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
  'tasks/get': 'taskId',
  'tasks/update': 'taskId',
  'tasks/cancel': 'taskId',
};

/** @returns undefined where a header says what the message does not */
export function repeatedBy(
  value: unknown,
  headers: Readonly<Record<string, string>>,
): Repeated[] | undefined {
  const repeated: Repeated[] = [];
  let said: ReadonlyMap<string, Path> | undefined;
  for (const [name, coded] of Object.entries(headers)) {
    const known = name.replaceAll('_', '-');
    const isParam = known.startsWith(PARAM);
    if (known !== 'mcp-method' && known !== 'mcp-name' && !isParam) continue;
    const text = decoded(coded);
    if (text === undefined || !isObject(value)) return undefined;
    if (isParam) said ??= argumentsOf(value);
    const path = isParam ? said?.get(text) : pathOf(known, value, text);
    if (!path) return undefined;
    repeated.push({ name, path });
  }
  return repeated;
}

function pathOf(header: string, { method, params }: JsonObject, text: string): Path | undefined {
  if (header === 'mcp-method') return method === text ? ['method'] : undefined;
  const field = typeof method === 'string' && Object.hasOwn(NAMED, method) ? NAMED[method] : undefined;
  return field !== undefined && isObject(params) && params[field] === text ? ['params', field] : undefined;
}

/** @returns by what each leaf of the arguments says, the first that says it: there can be as many headers as leaves */
function argumentsOf(value: JsonObject): ReadonlyMap<string, Path> {
  const said = new Map<string, Path>();
  const path = ['params', 'arguments'];
  addLeaves(valueAt(value, path), path, said);
  return said;
}

function addLeaves(value: unknown, path: Path, said: Map<string, Path>): void {
  if (value === undefined) return;
  if (typeof value !== 'object' || value === null) {
    const text = String(value);
    if (!said.has(text)) said.set(text, path);
    return;
  }
  for (const [key, item] of Object.entries(value))
    addLeaves(item, [...path, Array.isArray(value) ? Number(key) : key], said);
}

const BEFORE = '=?base64?';
const BEHIND = '?=';

/** @returns undefined for what is no UTF-8 in base64, though it says so */
function decoded(value: string): string | undefined {
  if (!value.startsWith(BEFORE) || !value.endsWith(BEHIND)) return value;
  const coded = value.slice(BEFORE.length, -BEHIND.length);
  const bytes = Buffer.from(coded, 'base64');
  return bytes.toString('base64') === coded && !bytes.toString('utf8').includes('\ufffd')
    ? bytes.toString('utf8')
    : undefined;
}

/** @returns as the specification writes a text into a header */
export function headerValue(text: string): string {
  const isPlain = /^[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?$/.test(text) && !text.startsWith(BEFORE);
  return isPlain ? text : `${BEFORE}${Buffer.from(text, 'utf8').toString('base64')}${BEHIND}`;
}

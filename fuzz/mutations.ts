/** Changes of a JSON value as an attacker, a new API version or a broken client would make them. */
import { type Arbitrary, array, constant, constantFrom, nat, oneof, record } from 'fast-check';
import { MARKER } from './marker.ts';

/** What happens at the `at`-th value of a body, counted round and round. */
export type Mutation = { at: number } & (
  | { kind: 'put'; value: unknown }
  | { kind: 'say'; text: string; where: 'before' | 'after' }
  | { kind: 'add'; key: string; value: unknown }
  | { kind: 'rename'; key: string }
  | { kind: 'nest'; key: string | undefined }
  | { kind: 'copy'; from: number }
  | { kind: 'drop' }
);

const KEYS = [
  ...['text', 'content', 'role', 'type', 'name', 'message', 'messages', 'parts', 'input', 'output', 'data'],
  ...[
    'arguments',
    'function',
    'tool_calls',
    'tools',
    'description',
    'parameters',
    'source',
    'title',
    'delta',
  ],
  ...[
    'choices',
    'candidates',
    'contents',
    'prompt',
    'system',
    'thinking',
    'reasoning',
    'refusal',
    'citations',
  ],
  ...['annotations', 'logprobs', 'documents', 'document', 'json', 'toolUse', 'toolResult', 'functionCall'],
  ...[
    'error',
    'completion',
    'response',
    'instructions',
    'summary',
    'transcript',
    'partial_json',
    'signature',
  ],
  ...['unknown', 'x-own', '', '0', 'constructor', 'toString', '__proto__', 'hasOwnProperty', 'a/b~c'],
];

const TYPES = [
  ...[
    'text',
    'input_text',
    'output_text',
    'tool_use',
    'tool_result',
    'document',
    'image',
    'thinking',
    'file',
  ],
  ...[
    'message',
    'function_call',
    'function_call_output',
    'reasoning',
    'refusal',
    'text_delta',
    'json_schema',
  ],
  ...[
    'input_json_delta',
    'server_tool_use',
    'search_result',
    'custom',
    'user',
    'assistant',
    'system',
    'tool',
  ],
  ...[
    'developer',
    'base64',
    'stream-end',
    'response.output_audio.delta',
    'url',
    'content_block_delta',
    'unheard_of',
    'done',
    'model',
    'STOP',
  ],
];

const BASE64 = Buffer.from(`Note: ${MARKER}.`).toString('base64');

const TEXTS = [
  ...[MARKER, `${MARKER}, `, ` and ${MARKER}`, `"${MARKER}"\n`, `${MARKER} é 😀`, `{"a": "${MARKER}"}`],
  ...[`{"a":"\\u00e9 ${MARKER}"}`, `[1,"${MARKER}"]`, `{${MARKER}`, `data:text/plain;base64,${BASE64}`],
  ...[BASE64, 'Some other words.', '', ' ', '\u0000', '\ud800', '😀', '{}', '[]', 'null', '"'],
];

const scalar = constantFrom<unknown>(null, true, false, 0, -1, 1.5, 1e308, 2 ** 53);
const text = constantFrom(...TEXTS);
const key = constantFrom(...KEYS);
const value: Arbitrary<unknown> = oneof(
  { weight: 6, arbitrary: text },
  { weight: 2, arbitrary: constantFrom(...TYPES) },
  { weight: 2, arbitrary: scalar },
  { weight: 1, arbitrary: constantFrom({}, { toString: MARKER }, { length: 3 }) },
  { weight: 1, arbitrary: constant([]) },
  { weight: 2, arbitrary: array(text, { maxLength: 3 }) },
  { weight: 2, arbitrary: record({ type: constantFrom(...TYPES), text }) },
  { weight: 1, arbitrary: record({ inner: record({ words: text }) }) },
);

const at = nat(9_999);

export const anyMutations: Arbitrary<Mutation[]> = array(
  oneof<Arbitrary<Mutation>[]>(
    record({ at, kind: constant('put' as const), value }),
    record({
      at,
      kind: constant('say' as const),
      text,
      where: constantFrom('before' as const, 'after' as const),
    }),
    record({ at, kind: constant('add' as const), key, value }),
    record({ at, kind: constant('rename' as const), key }),
    record({ at, kind: constant('nest' as const), key: oneof(key, constant(undefined)) }),
    record({ at, kind: constant('copy' as const), from: at }),
    record({ at, kind: constant('drop' as const) }),
  ),
  { minLength: 1, maxLength: 6 },
);

/** @returns the value with all of them made, one after the other */
export function mutate(original: unknown, mutations: readonly Mutation[]): unknown {
  // What stands in two places must not become a part of itself.
  const root = { value: JSON.parse(JSON.stringify(original)) as unknown };
  for (const mutation of mutations) apply(root, structuredClone(mutation));
  return root.value;
}

interface Slot {
  owner: Record<string, unknown> | unknown[];
  key: string;
}

function apply(root: { value: unknown }, mutation: Mutation): void {
  const slots = slotsIn(root);
  // The body as a whole stays what it is: something else is refused at once.
  const slot = slots[1 + (mutation.at % Math.max(1, slots.length - 1))];
  if (!slot) return;
  const current = get(slot);
  switch (mutation.kind) {
    case 'put':
      set(slot, mutation.value);
      break;
    case 'say':
      if (typeof current === 'string')
        set(slot, mutation.where === 'before' ? mutation.text + current : current + mutation.text);
      break;
    case 'add':
      if (Array.isArray(current)) current.push(mutation.value);
      else set({ owner: isContainer(current) ? current : slot.owner, key: mutation.key }, mutation.value);
      break;
    case 'rename':
      if (Array.isArray(slot.owner)) break;
      remove(slot);
      set({ owner: slot.owner, key: mutation.key }, current);
      break;
    case 'nest':
      set(slot, mutation.key === undefined ? [current] : ownMember(mutation.key, current));
      break;
    case 'copy': {
      const from = slots[1 + (mutation.from % Math.max(1, slots.length - 1))];
      set(slot, from && structuredClone(get(from)));
      break;
    }
    case 'drop':
      remove(slot);
      break;
  }
}

/** Every place where a value stands, the root's first. */
function slotsIn(root: { value: unknown }): Slot[] {
  const slots: Slot[] = [];
  const visit = (slot: Slot): void => {
    slots.push(slot);
    const value = get(slot);
    if (isContainer(value)) for (const key of Object.keys(value)) visit({ owner: value, key });
  };
  visit({ owner: root, key: 'value' });
  return slots;
}

function isContainer(value: unknown): value is Slot['owner'] {
  return typeof value === 'object' && value !== null;
}

function get({ owner, key }: Slot): unknown {
  return Object.getOwnPropertyDescriptor(owner, key)?.value;
}

/** An assignment of `__proto__` would do something else. A list has numbers for keys. */
function set({ owner, key }: Slot, value: unknown): void {
  if (Array.isArray(owner)) {
    const index = Number(key);
    if (Number.isInteger(index) && index < owner.length) owner[index] = value;
    else owner.push(value);
  } else Object.defineProperty(owner, key, { value, enumerable: true, writable: true, configurable: true });
}

function remove({ owner, key }: Slot): void {
  if (Array.isArray(owner)) owner.splice(Number(key), 1);
  else Reflect.deleteProperty(owner, key);
}

function ownMember(key: string, value: unknown): object {
  const owner = {};
  set({ owner, key }, value);
  return owner;
}

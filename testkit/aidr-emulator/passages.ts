/**
 * What AIDR reads of a `guard_input`.
 *
 * AIDR is stateless and documented to analyse only what is new since the last assistant message, because it expects
 * to have been called for every earlier turn. Text inside structured content is documented as not analysed, and
 * nothing is said about `tool_calls`: neither is read here, so that a client which relies on it shows.
 */
import { isObject, type JsonObject } from './json.ts';

/** One text that is analysed: its JSON path, and a way to replace it in the guard_input it came from. */
export interface Passage {
  readonly path: string;
  readonly text: string;
  replace(text: string): void;
}

/** The passages of a guard_input, in order: messages, choices, tool definitions. */
export function passagesOf(guardInput: JsonObject, eventType: string, historyBoundary: boolean): Passage[] {
  return [
    ...ofMessages(guardInput.messages, eventType, historyBoundary),
    ...ofChoices(guardInput.choices),
    ...ofTools(guardInput.tools),
  ];
}

function ofMessages(messages: unknown, eventType: string, historyBoundary: boolean): Passage[] {
  const list = Array.isArray(messages) ? messages.filter(isObject) : [];
  const lastAnswer = list.findLastIndex(({ role }) => role === 'assistant');
  const isNew = (role: unknown, index: number) => {
    if (!historyBoundary) return true;
    if (eventType === 'input') return role === 'system' || index > lastAnswer;
    return index >= lastAnswer;
  };
  return list.flatMap((message, index) =>
    isNew(message.role, index) ? textAt(message, 'content', `$.messages[${index}]`) : [],
  );
}

/** Portkey sends a whole chat completion instead of messages; every choice is read. */
function ofChoices(choices: unknown): Passage[] {
  if (!Array.isArray(choices)) return [];
  return choices.flatMap((choice: unknown, index) =>
    isObject(choice) && isObject(choice.message)
      ? textAt(choice.message, 'content', `$.choices[${index}].message`)
      : [],
  );
}

/** The descriptions of tools and of their parameters, in the form of OpenAI or MCP. */
function ofTools(tools: unknown): Passage[] {
  if (!Array.isArray(tools)) return [];
  return tools.flatMap((tool: unknown, index) => descriptions(tool, `$.tools[${index}]`));
}

function descriptions(value: unknown, path: string): Passage[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => descriptions(item, `${path}[${index}]`));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    name === 'description' && typeof member === 'string'
      ? textAt(value, name, path)
      : descriptions(member, `${path}.${name}`),
  );
}

function textAt(holder: JsonObject, name: string, path: string): Passage[] {
  const text = holder[name];
  if (typeof text !== 'string') return [];
  const replace = (replacement: string) => {
    holder[name] = replacement;
  };
  return [{ path: `${path}.${name}`, text, replace }];
}

/** How the mock model has files read: with whichever tool the agent offers for that. */
import type { AgentApi } from './provider-answers.ts';
import { fileName, MCP_SERVER, workspaceIn } from './workspace.ts';

export interface ToolCall {
  id: string;
  name: string;
  args: Record<string, unknown>;
}

/** A tool as any of the APIs offers it. */
interface Offered {
  name?: unknown;
  input_schema?: Schema;
  parameters?: Schema;
  parametersJsonSchema?: Schema;
  function?: Offered;
  functionDeclarations?: Offered[];
}

interface Schema {
  properties?: Record<string, { type?: unknown }>;
}

const READERS = ['Read', 'read_file', 'read', 'exec_command', 'shell_command', 'shell'];
const PATHS = ['file_path', 'filePath', 'absolute_path', 'path'];
const COMMANDS = ['cmd', 'command'];

/** How a request says that a tool has answered. */
const RESULTS: Record<AgentApi, RegExp> = {
  anthropic: /"type":"tool_result"/g,
  chat: /"role":"tool"/g,
  responses: /"type":"(?:custom_tool|function)_call_output"/g,
  gemini: /"functionResponse":/g,
};

/**
 * @param body of a request
 * @param files how many there are to read
 * @returns undefined when all of them are read, or the request offers nothing to read them with
 */
export function callIn(api: AgentApi, body: string, files: number): ToolCall | undefined {
  const read = [...body.matchAll(RESULTS[api])].length;
  if (read >= files) return undefined;
  const reader = readerAmong((JSON.parse(body) as { tools?: Offered[] }).tools ?? []);
  const file = `${workspaceIn(body)}/${fileName(read)}`;
  return (
    reader && { id: `call_${read}_${Date.now()}`, name: reader.name, args: argumentsFor(reader.schema, file) }
  );
}

/** @returns undefined when the tool of the server of MCP has answered, or the request does not offer it */
export function mcpCallIn(api: AgentApi, body: string): ToolCall | undefined {
  if (body.match(RESULTS[api])) return undefined;
  const offered = offeredIn((JSON.parse(body) as { tools?: Offered[] }).tools ?? []);
  const name = offered.map((tool) => String(tool.name)).find((one) => one.includes(MCP_SERVER));
  return name === undefined
    ? undefined
    : { id: `call_mcp_${Date.now()}`, name, args: { text: 'quay 2 is free' } };
}

function offeredIn(tools: readonly Offered[]): Offered[] {
  return tools.flatMap((tool) => tool.functionDeclarations ?? [tool.function ?? tool]);
}

function readerAmong(tools: readonly Offered[]): { name: string; schema: Schema } | undefined {
  const offered = offeredIn(tools);
  for (const name of READERS) {
    const tool = offered.find((one) => one.name === name);
    if (tool)
      return { name, schema: tool.input_schema ?? tool.parameters ?? tool.parametersJsonSchema ?? {} };
  }
  return undefined;
}

function argumentsFor({ properties = {} }: Schema, file: string): Record<string, unknown> {
  const path = PATHS.find((name) => name in properties);
  if (path !== undefined) return { [path]: file };
  const command = COMMANDS.find((name) => name in properties) ?? 'command';
  return { [command]: properties[command]?.type === 'array' ? ['cat', file] : `cat ${file}` };
}

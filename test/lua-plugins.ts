/** Plugins in Lua, for a real Kong and for the embedded gateway: what others do, at the place where they do it. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface LuaPlugins {
  folder: string;
  names: string[];
  remove(): Promise<void>;
}

export interface LuaPlugin {
  name: string;
  /** Of handler.lua. */
  handler: string;
  /** Of schema.lua. */
  schema: string;
}

/** To be written into a folder, where Kong finds them. */
export async function luaPlugins(plugins: readonly LuaPlugin[]): Promise<LuaPlugins> {
  const folder = await mkdtemp(join(tmpdir(), 'aidr-lua-'));
  // Kong in a container is another user.
  await chmod(folder, 0o755);
  for (const { name, handler, schema } of plugins) {
    const home = join(folder, 'kong/plugins', name);
    await mkdir(home, { recursive: true });
    await writeFile(join(home, 'handler.lua'), handler);
    await writeFile(join(home, 'schema.lua'), schema);
  }
  const names = plugins.map(({ name }) => name);
  return { folder, names, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** @param fields types of the configuration's fields */
function plugin(
  name: string,
  { priority, phase }: { priority: number; phase: 'access' | 'response' },
  fields: Readonly<Record<string, 'string' | 'integer'>>,
  code: string,
): LuaPlugin {
  const handler = `local Plugin = { PRIORITY = ${priority}, VERSION = "1.0.0" }
function Plugin:${phase}(config)
${code}
end
return Plugin
`;
  const config = Object.entries(fields).map(([field, type]) => `{ ${field} = { type = "${type}" } }`);
  const record = `{ { config = { type = "record", fields = { ${config.join(', ')} } } } }`;
  return { name, handler, schema: `return { name = "${name}", fields = ${record} }\n` };
}

/** What they answer with, unless their configuration has another body. */
export const EXIT_BODY = '{"text":"nobody has inspected this"}';

const EXIT = `  local body = config.body or '${EXIT_BODY}'
  return kong.response.exit(config.status, body, { ["Content-Type"] = "application/json" })`;
const EXIT_FIELDS = { status: 'integer', body: 'string' } as const;

/** `answers-at-<priority>`, which answers by itself. */
export function answering(priority: number): LuaPlugin {
  return plugin(`answers-at-${priority}`, { priority, phase: 'access' }, EXIT_FIELDS, EXIT);
}

/** `answers-late-at-<priority>`, which does so when the upstream has answered. */
export function answeringLate(priority: number): LuaPlugin {
  return plugin(`answers-late-at-${priority}`, { priority, phase: 'response' }, EXIT_FIELDS, EXIT);
}

const changed = (change: string) => `  local body = kong.request.get_raw_body(1048576)
  kong.service.request.set_raw_body((${change}))`;

/**
 * `adds-at-<priority>`, which puts a system message with the text of its configuration before the others, as templates,
 * decorators and plugins that add documents do.
 */
export function adding(priority: number): LuaPlugin {
  const message = `'"messages":[{"role":"system","content":"' .. config.text .. '"},'`;
  const code = changed(`body:gsub('"messages":%[', ${message}, 1)`);
  return plugin(`adds-at-${priority}`, { priority, phase: 'access' }, { text: 'string' }, code);
}

/** `changes-at-<priority>`, which replaces a word by another. */
export function changing(priority: number): LuaPlugin {
  const code = changed('body:gsub(config.from, config.to, 1)');
  return plugin(
    `changes-at-${priority}`,
    { priority, phase: 'access' },
    { from: 'string', to: 'string' },
    code,
  );
}

/** Kong's own plugin under another name. For a real Kong alone. */
export function renamed(name: string, original: string): LuaPlugin {
  return {
    name,
    handler: `return require("kong.plugins.${original}.handler")\n`,
    schema: `local schema = require("kong.tools.table").deep_copy(require("kong.plugins.${original}.schema"))
schema.name = "${name}"
return schema
`,
  };
}

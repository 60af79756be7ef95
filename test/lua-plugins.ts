/** Plugins in Lua that answer by themselves, for a real Kong and for the embedded gateway. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface LuaPlugins {
  folder: string;
  names: string[];
  remove(): Promise<void>;
}

/** What they answer with, unless their configuration has another body. */
export const EXIT_BODY = '{"text":"nobody has inspected this"}';

/** @returns `answers-at-<priority>`, and `answers-late-at-<priority>` that does so when the upstream has answered */
export async function answeringPlugins(
  priorities: readonly number[],
  late: readonly number[],
): Promise<LuaPlugins> {
  const folder = await mkdtemp(join(tmpdir(), 'aidr-lua-'));
  // Kong in a container is another user.
  await chmod(folder, 0o755);
  const write = async (name: string, priority: number, phase: string) => {
    const home = join(folder, 'kong/plugins', name);
    await mkdir(home, { recursive: true });
    await writeFile(
      join(home, 'handler.lua'),
      `local Answer = { PRIORITY = ${priority}, VERSION = "1.0.0" }
function Answer:${phase}(config)
  local body = config.body or '${EXIT_BODY}'
  return kong.response.exit(config.status, body, { ["Content-Type"] = "application/json" })
end
return Answer
`,
    );
    const settings = '{ status = { type = "integer" } }, { body = { type = "string" } }';
    const fields = `{ { config = { type = "record", fields = { ${settings} } } } }`;
    await writeFile(join(home, 'schema.lua'), `return { name = "${name}", fields = ${fields} }\n`);
    return name;
  };
  const names = await Promise.all([
    ...priorities.map((priority) => write(`answers-at-${priority}`, priority, 'access')),
    ...late.map((priority) => write(`answers-late-at-${priority}`, priority, 'response')),
  ]);
  return { folder, names, remove: () => rm(folder, { recursive: true, force: true }) };
}

/**
 * @returns `adds-at-<priority>`, which puts a system message with the text of its configuration before the others, as
 * templates, decorators and plugins that add documents do; and `changes-at-<priority>`, which replaces a word by another
 */
export async function changingPlugins(priorities: readonly number[]): Promise<LuaPlugins> {
  const folder = await mkdtemp(join(tmpdir(), 'aidr-lua-'));
  await chmod(folder, 0o755);
  const write = async (name: string, priority: number, change: string, fields: readonly string[]) => {
    const home = join(folder, 'kong/plugins', name);
    await mkdir(home, { recursive: true });
    await writeFile(
      join(home, 'handler.lua'),
      `local Change = { PRIORITY = ${priority}, VERSION = "1.0.0" }
function Change:access(config)
  local body = kong.request.get_raw_body(1048576)
  kong.service.request.set_raw_body((${change}))
end
return Change
`,
    );
    const config = fields.map((field) => `{ ${field} = { type = "string" } }`).join(', ');
    const record = `{ { config = { type = "record", fields = { ${config} } } } }`;
    await writeFile(join(home, 'schema.lua'), `return { name = "${name}", fields = ${record} }\n`);
    return name;
  };
  const message = `'"messages":[{"role":"system","content":"' .. config.text .. '"},'`;
  const names = await Promise.all(
    priorities.flatMap((priority) => [
      write(`adds-at-${priority}`, priority, `body:gsub('"messages":%[', ${message}, 1)`, ['text']),
      write(`changes-at-${priority}`, priority, 'body:gsub(config.from, config.to, 1)', ['from', 'to']),
    ]),
  );
  return { folder, names, remove: () => rm(folder, { recursive: true, force: true }) };
}

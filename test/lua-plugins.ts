/** Plugins in Lua that answer by themselves, for a real Kong and for the embedded gateway. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface LuaPlugins {
  folder: string;
  names: string[];
  remove(): Promise<void>;
}

/** What they answer with. */
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
  return kong.response.exit(config.status, '${EXIT_BODY}', { ["Content-Type"] = "application/json" })
end
return Answer
`,
    );
    const fields = `{ { config = { type = "record", fields = { { status = { type = "integer" } } } } } }`;
    await writeFile(join(home, 'schema.lua'), `return { name = "${name}", fields = ${fields} }\n`);
    return name;
  };
  const names = await Promise.all([
    ...priorities.map((priority) => write(`answers-at-${priority}`, priority, 'access')),
    ...late.map((priority) => write(`answers-late-at-${priority}`, priority, 'response')),
  ]);
  return { folder, names, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** The guard's scenarios notice when the guard is not what it should be: each mutation makes at least one of them fail. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GatewayDriver } from '../testkit/harness/gateways/driver.ts';
import { PLUGINS } from '../testkit/harness/plugin-servers.ts';
import { SERVER, type ServerProcess, startServer } from '../testkit/harness/server-process.ts';
import type { KongPlugin, Stage } from '../testkit/harness/stage.ts';
import { startGateway } from '../testkit/kong-emulator/index.ts';
import { GUARD_CASES, startGuardStage } from './scenarios/guard.ts';

interface Mutation {
  name: string;
  plugin: 'pre-function' | 'post-function';
  /** @returns the functions of one phase, or none */
  mutate: (functions: string[], phase: string) => string[];
}

const inText = (phase: string, from: string, to: string) => (functions: string[], each: string) =>
  each === phase ? functions.map((lua) => lua.replace(from, to)) : functions;
const without = (phase: string) => (functions: string[], each: string) => (each === phase ? [] : functions);

const MUTATIONS: Mutation[] = [
  {
    name: 'its condition for prompts is inverted',
    plugin: 'post-function',
    mutate: inText(
      'access',
      'if not reason and not shared.crowdstrike_aidr_request then',
      'if not reason and shared.crowdstrike_aidr_request then',
    ),
  },
  {
    name: 'its condition for answers is inverted',
    plugin: 'post-function',
    mutate: inText('header_filter', 'if not unread then', 'if unread then'),
  },
  {
    name: 'its condition for exits is inverted',
    plugin: 'post-function',
    mutate: inText('header_filter', 'not may_exit()', 'may_exit()'),
  },
  {
    name: 'it takes no notice of what the response plugin leaves in access',
    plugin: 'post-function',
    mutate: inText('header_filter', 'local allowed = shared.crowdstrike_aidr_exits', 'local allowed'),
  },
  {
    name: 'its access returns early',
    plugin: 'post-function',
    mutate: (functions, phase) => (phase === 'access' ? functions.map(() => 'return') : functions),
  },
  { name: 'it has no header_filter', plugin: 'post-function', mutate: without('header_filter') },
  { name: 'it has no body_filter', plugin: 'post-function', mutate: without('body_filter') },
  {
    name: 'it is lenient',
    plugin: 'post-function',
    mutate: (functions) =>
      functions.map((lua) => lua.replace('local lenient = false', 'local lenient = true')),
  },
  {
    name: 'the batch hook returns early',
    plugin: 'pre-function',
    mutate: (functions) => functions.map((lua) => `do return end\n${lua}`),
  },
];

/** The name of the first case that fails. */
async function firstFailure(stage: Stage): Promise<string | undefined> {
  for (const { name, run } of GUARD_CASES) {
    stage.reset();
    const failed = await run(stage).then(
      () => false,
      () => true,
    );
    if (failed) return name;
  }
  return undefined;
}

/** One plugin server for all gateways: processes take most of the time that a gateway needs to start. */
let server: ServerProcess;
let folder: string;
beforeAll(async () => {
  server = await startServer(PLUGINS);
  folder = await mkdtemp(join(tmpdir(), 'aidr-described-'));
  for (const plugin of PLUGINS) {
    const { stdout } = await promisify(execFile)(process.execPath, [SERVER, '--dump', plugin]);
    await writeFile(join(folder, plugin), stdout);
  }
});
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

const nothing = async () => undefined;
const driver: GatewayDriver = {
  name: 'the embedded gateway beside a plugin server',
  missing: nothing,
  async start({ configuration, env, besides }) {
    const gateway = await startGateway({
      configuration,
      env,
      ...(besides ? { luaPlugins: besides } : {}),
      pluginServers: PLUGINS.map((plugin) => ({
        socket: server.socket(plugin),
        queryCommand: ['/bin/cat', join(folder, plugin)],
      })),
    });
    return {
      url: gateway.url,
      log: () => gateway.logs.map(({ message }) => message).join('\n'),
      records: async () => [],
      killPluginServers: nothing,
      reload: nothing,
      stop: () => gateway.stop(),
    };
  },
};

describe('the scenarios of the guard', () => {
  it('pass when nothing is changed', async () => {
    const { stage, stop } = await startGuardStage({ driver, pluginServer: 'aidr' });
    try {
      expect(await firstFailure(stage)).toBeUndefined();
    } finally {
      await stop();
    }
  });

  it.each(MUTATIONS.map((mutation) => [mutation.name, mutation] as const))(
    'fail when %s',
    async (_name, { plugin, mutate }) => {
      let mutated = 0;
      const changed = (one: KongPlugin): KongPlugin => {
        if (one.name !== plugin) return one;
        const phases = Object.entries(one.config ?? {}) as [string, string[]][];
        const config = Object.fromEntries(phases.map(([phase, each]) => [phase, mutate(each, phase)]));
        if (JSON.stringify(config) !== JSON.stringify(one.config)) mutated += 1;
        return { ...one, config };
      };
      const { stage, stop } = await startGuardStage({ driver, pluginServer: 'aidr', changed });
      try {
        expect(mutated).toBeGreaterThan(0);
        expect(await firstFailure(stage)).toEqual(expect.any(String));
      } finally {
        await stop();
      }
    },
  );
});

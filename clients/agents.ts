/** The coding agents: from which package, how each is run without a screen, and where it looks for its provider. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Provider } from '../src/config/api-uri.ts';
import type { Api } from './provider-answers.ts';
import { MCP_SERVER } from './workspace.ts';

export interface Agent {
  /** Of its routes as well. */
  name: string;
  /** With their versions: what it prints depends on them. */
  packages: string[];
  command: string;
  /** An ES module that runs it, in the place of the command. */
  program?: string;
  /** A script of the package that puts the program for this platform in its place. */
  afterInstall?: string;
  api: Api;
  provider: Provider;
  /** @param baseUrl of its route @param home where its settings go */
  prepare?(baseUrl: string, home: string): Promise<void>;
  args(prompt: string, isLive: boolean): string[];
  /** Options that come first, for a server of MCP. */
  mcpArgs?(url: string): string[];
  env(baseUrl: string): Record<string, string>;
}

const MODEL = 'gpt-4.1';

async function write(home: string, path: string[], text: string): Promise<void> {
  const file = join(home, ...path);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, text);
}

export const AGENTS: readonly Agent[] = [
  {
    name: 'claude-code',
    packages: ['@anthropic-ai/claude-code@2.1.332'],
    command: 'claude',
    afterInstall: '@anthropic-ai/claude-code/install.cjs',
    api: 'anthropic',
    provider: 'anthropic',
    args: (prompt) => ['--print', prompt],
    mcpArgs: (url) => [
      ...['--mcp-config', JSON.stringify({ mcpServers: { [MCP_SERVER]: { type: 'http', url } } })],
      ...['--strict-mcp-config', '--allowedTools', `mcp__${MCP_SERVER}__write`],
    ],
    env: (baseUrl) => ({
      ANTHROPIC_BASE_URL: baseUrl,
      ANTHROPIC_API_KEY: 'sk-ant-demo',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      // Otherwise it tells its model of tools of MCP only when that asks for them.
      ENABLE_TOOL_SEARCH: 'false',
    }),
  },
  {
    name: 'codex',
    packages: ['@openai/codex@0.171.0'],
    command: 'codex',
    api: 'responses',
    provider: 'openai',
    prepare: (baseUrl, home) =>
      write(
        home,
        ['.codex', 'config.toml'],
        [
          `model = "${MODEL}"`,
          'model_provider = "gateway"',
          'check_for_update_on_startup = false',
          '[model_providers.gateway]',
          'name = "gateway"',
          `base_url = "${baseUrl}/v1"`,
          'env_key = "OPENAI_API_KEY"',
          'wire_api = "responses"',
          '[analytics]',
          'enabled = false',
          '',
        ].join('\n'),
      ),
    args: (prompt) => ['exec', '--skip-git-repo-check', '--sandbox', 'read-only', prompt],
    env: () => ({ OPENAI_API_KEY: 'sk-demo' }),
  },
  {
    name: 'gemini-cli',
    packages: ['@google/gemini-cli@0.61.0'],
    command: 'gemini',
    api: 'gemini',
    provider: 'gemini',
    prepare: (_baseUrl, home) =>
      write(
        home,
        ['.gemini', 'settings.json'],
        JSON.stringify({
          security: { auth: { selectedType: 'gemini-api-key' } },
          privacy: { usageStatisticsEnabled: false },
          general: { disableAutoUpdate: true, enableAutoUpdate: false },
        }),
      ),
    args: (prompt) => ['--skip-trust', '--model', 'gemini-2.5-flash', '--prompt', prompt],
    env: (baseUrl) => ({ GEMINI_API_KEY: 'demo', GOOGLE_GEMINI_BASE_URL: baseUrl }),
  },
  {
    name: 'opencode',
    packages: ['opencode-ai@1.18.33'],
    command: 'opencode',
    afterInstall: 'opencode-ai/postinstall.mjs',
    api: 'chat',
    provider: 'openai',
    prepare: (baseUrl, home) =>
      write(
        home,
        ['.config', 'opencode', 'opencode.json'],
        opencodeSettings('@ai-sdk/openai-compatible', baseUrl),
      ),
    args: (prompt) => ['run', '--model', `gateway/${MODEL}`, prompt],
    env: () => OPENCODE_ENV,
  },
  {
    name: 'opencode-responses',
    packages: ['opencode-ai@1.18.33'],
    command: 'opencode',
    afterInstall: 'opencode-ai/postinstall.mjs',
    api: 'responses',
    provider: 'openai',
    prepare: (baseUrl, home) =>
      write(home, ['.config', 'opencode', 'opencode.json'], opencodeSettings('@ai-sdk/openai', baseUrl)),
    args: (prompt) => ['run', '--model', `gateway/${MODEL}`, prompt],
    env: () => OPENCODE_ENV,
  },
  {
    name: 'qwen-code',
    packages: ['@qwen-code/qwen-code@0.24.4'],
    command: 'qwen',
    api: 'chat',
    provider: 'openai',
    prepare: (_baseUrl, home) =>
      write(
        home,
        ['.qwen', 'settings.json'],
        JSON.stringify({
          security: { auth: { selectedType: 'openai' } },
          privacy: { usageStatisticsEnabled: false },
          general: { disableAutoUpdate: true, enableAutoUpdate: false },
        }),
      ),
    args: (prompt) => ['--prompt', prompt],
    env: (baseUrl) => ({
      OPENAI_API_KEY: 'sk-demo',
      OPENAI_BASE_URL: `${baseUrl}/v1`,
      OPENAI_MODEL: MODEL,
    }),
  },
];

const OPENCODE_ENV = { OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_MODELS_FETCH: '1' };

/** @param npm the provider's package, of which opencode has its own copy */
function opencodeSettings(npm: string, baseUrl: string): string {
  return JSON.stringify({
    $schema: 'https://opencode.ai/config.json',
    autoupdate: false,
    share: 'disabled',
    provider: {
      gateway: {
        npm,
        name: 'gateway',
        options: { baseURL: `${baseUrl}/v1`, apiKey: 'sk-demo' },
        models: { [MODEL]: { name: MODEL } },
      },
    },
  });
}

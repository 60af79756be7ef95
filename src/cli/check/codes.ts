/** The kinds of findings. A code keeps its meaning from version to version: people suppress it, and programs count it. */

export const CODES = {
  'unreadable-input': { description: 'A file, standard input or an Admin API could not be read.' },
  'invalid-yaml': { description: 'The text is not YAML or JSON.' },
  'not-a-configuration': { description: 'The text is no configuration that this check knows.' },
  'format-version': { description: 'The declarative format is not 3.0.' },
  'malformed-entity': { description: 'Kong would refuse the shape of an entity.' },
  'incomplete-dump': { description: 'A dump of the Admin API holds only its first page.' },
  'unknown-reference': { description: 'A reference names nothing that was read.' },
  'duplicate-plugin': { description: 'One plugin is configured twice for the same traffic.' },
  'no-aidr-plugin': { description: 'None of the AIDR plugins is configured.' },
  'misspelt-plugin': {
    description: 'The name of a plugin is nearly the one of an AIDR plugin or of the guard.',
  },
  'ignored-manifest': { description: 'The Ingress Controller ignores a manifest.' },
  'invalid-setting': { description: 'A setting of an AIDR plugin is refused by the plugin.' },
  'idle-setting': { description: 'A setting of an AIDR plugin has no effect.' },
  'disabled-plugin': { description: 'An AIDR plugin is disabled.' },
  'guard-missing': { description: 'Traffic passes uninspected when the plugin server is down.' },
  'guard-replaced': { description: 'Another post-function runs in place of the guard.' },
  'guard-incomplete': { description: 'The guard does not look for the passed-marker of a plugin.' },
  'guard-without-plugin': {
    description: 'The guard refuses everything of a direction that no plugin inspects.',
  },
  'guard-lenient': { description: 'A lenient guard beside a plugin that enforces.' },
  'guard-strict': { description: 'A strict guard beside a plugin that lets pass on errors.' },
  'guard-style': { description: 'The guard refuses in another style than the plugins.' },
  'guard-marker': { description: "The guard's own passed-marker is missing." },
  'guard-outdated': { description: 'The guard is of an earlier version.' },
  'guard-changed': { description: "The guard's Lua is not the one of this version." },
  'marker-written': { description: 'Lua beside the guard writes what only the plugins may write.' },
  'plugin-condition': {
    description: 'A condition can switch off an AIDR plugin, the guard or the batch hook.',
  },
  'plugin-ordering': { description: 'An ordering moves an AIDR plugin, the guard, or a plugin around them.' },
  'plugin-protocols': {
    description: 'Kong refuses the protocols of a plugin, or the plugin does not run on them.',
  },
  'unread-exit': { description: 'What another plugin answers by itself passes uninspected.' },
  'refused-exit': { description: 'The guard refuses what another plugin answers by itself.' },
  'sent-before-inspection': { description: 'A plugin sends the prompt on before the relay inspects it.' },
  'stale-answers': { description: 'A cache answers with what was inspected earlier.' },
  'added-after-inspection': { description: 'A plugin changes the prompt after it was inspected.' },
  'seen-before-anonymised': { description: 'AIDR sees a prompt before another plugin anonymises it.' },
  'priority-tie': {
    description: 'A plugin has the priority of an AIDR plugin, so their order is not defined.',
  },
  'unknown-plugin': { description: 'A plugin whose place in the order of plugins this check does not know.' },
  'outdated-batch-hook': { description: 'The batch hook is of another version.' },
  'one-direction-only': { description: 'Prompts or answers are not inspected.' },
  'two-inspectors': {
    description: 'The plugin for MCP and those for LLM APIs are on the same traffic.',
  },
  'unprotected-route': { description: 'A route leads to an LLM without the AIDR plugins.' },
  'open-internal-route': { description: 'Callers can reach an internal route around the AIDR plugins.' },
  'internal-route': { description: 'The relay cannot get to its internal route, or nobody can.' },
  'runs-twice': { description: 'A plugin runs for a request a second time, on its internal route.' },
  'uninspected-protocol': { description: 'Plugins do not run, or cannot read, on the protocol of a route.' },
  'ai-proxy-provider': { description: 'The provider does not fit ai-proxy.' },
  'translated-streams': { description: 'Streams that ai-proxy translates cannot be redacted.' },
  'provider-host': { description: "The provider does not fit the service's host." },
  'base-url-path': { description: 'The base URL of AIDR lacks its path.' },
  'insecure-aidr': { description: 'The connection to AIDR can be read or forged.' },
  'plain-key': { description: 'The key of AIDR is in the configuration.' },
  'permissive-setting': { description: 'A setting lets something pass.' },
  'sent-before-verdict': { description: 'The provider gets prompts before AIDR has judged them.' },
  'live-without-streams': { description: 'Live mode, but streams pass uninspected.' },
  'different-placements': {
    description: 'Prompts take the relay, and answers do not: each request gets 500.',
  },
  'different-collectors': { description: 'Prompt and answer of a route are judged by different collectors.' },
  'vault-missing': { description: 'A vault reference names no vault.' },
  'invalid-vault': { description: 'Kong would refuse a vault.' },
  'unverified-upstream': { description: "Nobody verifies the provider's certificate." },
  'unfollowable-service': { description: 'Live mode cannot follow a setting of the service.' },
  'plugin-not-enabled': { description: 'Kong is not told to load a plugin.' },
  'untrusted-lua': { description: 'Kong does not run the guard.' },
  'plugin-servers': { description: "Kong's settings of plugin servers do not fit." },
  'body-buffer': { description: 'Prompts are written to disk, or refused for their size.' },
  'header-buffers': { description: 'Headers of coding agents do not fit into the buffers.' },
  'worker-connections': {
    description: "Kong's workers have few connections for requests through an internal route.",
  },
  'held-back-streams': { description: 'Small pieces of a live stream are held back.' },
} as const satisfies Record<string, { description: string }>;

export type Code = keyof typeof CODES;

/** @returns Markdown: what each code means, for docs/check.md */
export function findingCodes(): string {
  const rows = Object.entries(CODES).map(([code, { description }]) => `| \`${code}\` | ${description} |`);
  return ['| code | meaning |', '|---|---|', ...rows].join('\n');
}

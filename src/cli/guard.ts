/** `aidr-kong guard`, `batch-hook` and `internal-route`: each as an entry for the `plugins` of a service or route. */
import { stringify } from 'yaml';
import type { Direction } from '../config/schema.ts';
import { BATCH_HOOK_PLUGIN } from '../kong/batch-hook-plugin.ts';
import { type AllowedExits, type GuardStyle, guardPlugin } from '../kong/guard-plugin.ts';
import { INTERNAL_ROUTE_PLUGIN } from '../kong/internal-route-plugin.ts';

const STRICT = `# Kong lets traffic through when a plugin server is down or a plugin fails; this refuses whatever the AIDR plugins did
# not mark as inspected.
`;

const LENIENT = `# Kong lets traffic through when a plugin server is down or a plugin fails; this does not stop it, and writes one error
# line for each prompt and answer that passes uninspected.
`;

const SCOPE = `# A post-function of a route's own replaces the one of its service, and that one a global one: put this into each.
`;

/** @returns YAML, a list of one plugin */
export function guardYaml(
  directions: readonly Direction[],
  lenient: boolean,
  allowed: AllowedExits = {},
  style: GuardStyle = 'provider',
): string {
  return `${lenient ? LENIENT : STRICT}${SCOPE}${yaml(guardPlugin(directions, lenient, allowed, style))}`;
}

const BATCH_HOOK_NOTE = `# Answers in one round trip what the AIDR plugins would otherwise ask Kong in many; without it they do the same, only
# slower. A pre-function of a route's own replaces the one of its service: put this into that one as well.
`;

/** @returns YAML, a list of one plugin */
export function batchHookYaml(): string {
  return `${BATCH_HOOK_NOTE}${yaml(BATCH_HOOK_PLUGIN)}`;
}

const INTERNAL_ROUTE_NOTE = `# For the route that internal_route_url names: lets requests pass that the relay brings, each once, and refuses all others.
`;

/** @returns YAML, a list of one plugin */
export function internalRouteYaml(): string {
  return `${INTERNAL_ROUTE_NOTE}${yaml(INTERNAL_ROUTE_PLUGIN)}`;
}

function yaml(plugin: object): string {
  return stringify([plugin], { lineWidth: 0, indentSeq: true });
}

/**
 * The guard: Lua for Kong's bundled `post-function` plugin, which runs after every other plugin.
 *
 * Kong lets a request pass when a plugin server crashes, throws or hangs. Therefore each of our plugins leaves a
 * passed-marker when it let a request pass, and the guard refuses whatever has none: in `access` the prompt, in
 * `header_filter` the answer. ai-proxy's body filter runs before the guard's and replaces the refusal by the upstream's
 * answer, so the guard's body filter puts the refusal back. The guard leaves a marker too, so that the response plugin can
 * report that it is missing.
 *
 * If a plugin answers by itself (`kong.response.exit`), Kong skips our response phase, and does not say which plugin it was.
 * The markers show where that plugin is in the order: above the request plugin there is none, below it there is the
 * request's, and below the response plugin there are `exits`.
 */

import type { Direction } from '../config/schema.ts';
import {
  GUARD_ACCESS_LUA,
  GUARD_BODY_FILTER_LUA,
  GUARD_HEADER_FILTER_LUA,
  GUARD_LOG_LUA,
  GUARD_MARKER_LUA,
} from './lua/lua-files.ts';

/** Keys in `kong.ctx.shared`, readable by every plugin of the request and not forgeable by a client. */
export const MARKERS = {
  request: 'crowdstrike_aidr_request',
  response: 'crowdstrike_aidr_response',
  guard: 'crowdstrike_aidr_guard',
  /**
   * The statuses with which a plugin may still answer by itself (`kong.response.exit`), such as `400` or `4xx 5xx`, or
   * none. A plugin of ours that answers leaves its own status here. In access the response plugin leaves `NO_EXIT`, or `ANY_EXIT`
   * in an audit: so the guard knows that the plugin was there.
   */
  exits: 'crowdstrike_aidr_exits',
  /** `<host>:<port> <ticket>`: the request goes to the relay there, and the guard refuses one that would go elsewhere. */
  relay: 'crowdstrike_aidr_relay',
  /** Set where an audit alone sends the request to the relay, and so does not keep it from going elsewhere. */
  mayStray: 'crowdstrike_aidr_may_stray',
  /** `<path> <proof>` of the internal route that the relay asks. The guard leaves a ticket for it, good once. */
  internalRoute: 'crowdstrike_aidr_internal_route',
  /** On the internal route: with what the check answers the relay. */
  internalProof: 'crowdstrike_aidr_internal_proof',
  /** Set where Kong is not to read the answer whole. */
  unbuffered: 'crowdstrike_aidr_unbuffered',
  /** Set by the batch hook for itself, between the two plugins: the prompt that the request plugin let pass. */
  prompt: 'crowdstrike_aidr_prompt',
} as const;

/** The `exits` of an audit, which stops nothing. */
export const ANY_EXIT = '1xx 2xx 3xx 4xx 5xx';

/** The `exits` where every answer is to be inspected. */
export const NO_EXIT = '';

/** Key in `kong.ctx.shared` of what the guard refused an answer with. */
export const REFUSAL = 'crowdstrike_aidr_refused';

/** Which plugin answers by itself: one below one of ours, or Kong's proxy-cache, wherever that is. */
export const EXIT_BANDS = ['below-request', 'below-response', 'proxy-cache'] as const;
export type ExitBand = (typeof EXIT_BANDS)[number];

/** For each band the statuses that pass, in place of what passes by default: `402 429`, `4xx`, or nothing. */
export type AllowedExits = Partial<Record<ExitBand, string>>;

/** How the guard refuses, as `rejection_style` of the plugins; it has no answer to put in the place of one. */
export const GUARD_STYLES = ['provider', 'plain', 'stealth'] as const;
export type GuardStyle = (typeof GUARD_STYLES)[number];

/** The guard's style beside plugins with this `rejection_style`. */
export function guardStyleFor(rejectionStyle: unknown): GuardStyle {
  return GUARD_STYLES.find((style) => style === rejectionStyle) ?? 'provider';
}

export interface GuardPlugin {
  name: 'post-function';
  config: { access: string[]; header_filter?: string[]; body_filter?: string[]; log: string[] };
}

/**
 * The guard of a route.
 *
 * @param directions the directions whose plugin is on the route; the guard refuses everything that lacks another plugin's passed-marker
 * @param lenient for routes whose traffic passes when AIDR cannot be asked (`audit`, `enforce_but_ignore_on_error`):
 * what no plugin marked passes with an `err` line, so a crash of the plugin server stops nothing and inspects nothing
 * @param allowed answers of other plugins that pass unread
 * @param style the shape of its refusals: nothing tells it at run time, when the plugins are gone
 */
export function guardPlugin(
  directions: readonly Direction[],
  lenient: boolean,
  allowed: AllowedExits = {},
  style: GuardStyle = 'provider',
): GuardPlugin {
  const told = { style: `"${style}"` };
  const settings = { lenient: String(lenient), ...told };
  const exits = Object.entries(allowed).map(([band, statuses]) => [band.replace('-', '_'), `"${statuses}"`]);
  const access = withSettings(GUARD_ACCESS_LUA, settings);
  const headerFilter = withSettings(GUARD_HEADER_FILTER_LUA, { ...settings, ...Object.fromEntries(exits) });
  const forAnswers = { header_filter: [headerFilter], body_filter: [GUARD_BODY_FILTER_LUA] };
  return {
    name: 'post-function',
    config: {
      access: [directions.includes('request') ? access : withSettings(GUARD_MARKER_LUA, told)],
      ...(directions.includes('response') ? forAnswers : {}),
      log: [GUARD_LOG_LUA],
    },
  };
}

/** Gives the local variables at the beginning of a Lua file other values. */
function withSettings(lua: string, settings: Record<string, string>): string {
  const lines = lua.split('\n');
  for (const [name, value] of Object.entries(settings)) {
    const at = lines.findIndex((line) => line.startsWith(`local ${name} = `));
    if (at === -1) throw new Error(`the Lua has no setting ${name}`);
    lines[at] = `local ${name} = ${value}`;
  }
  return lines.join('\n');
}

/**
 * The guard: Lua for Kong's bundled `post-function` plugin, which runs after every other plugin.
 *
 * Kong lets a request through when a plugin server crashes, throws or hangs. Each of our legs therefore leaves a
 * mark when it let a request pass, and the guard refuses what carries no mark: in `access` the prompt, in
 * `header_filter` the answer. There ai-proxy, whose body filter runs first, has put the upstream's answer in place of
 * the refusal: so the guard's own body filter puts the refusal back. The guard leaves a mark of its own, so that the
 * response leg can report its absence.
 */
import type { Leg } from './schema.ts';

/** Keys in `kong.ctx.shared`, readable by every plugin of the request and not forgeable by a client. */
export const MARKS = {
  request: 'crowdstrike_aidr_request',
  response: 'crowdstrike_aidr_response',
  guard: 'crowdstrike_aidr_guard',
  /** Set by the response leg for itself: the relay answers for this request. */
  relayed: 'crowdstrike_aidr_relayed',
} as const;

/** Key in `kong.ctx.shared` of what the guard refused an answer with. */
export const REFUSAL = 'crowdstrike_aidr_refused';

/** The guard's own mark alone: what is left of the access half where only the response plugin is used. */
export const GUARD_MARK_LUA = `kong.ctx.shared.${MARKS.guard} = "1"
`;

/** Refuses a prompt that the request leg did not let pass. */
export const GUARD_ACCESS_LUA = `${GUARD_MARK_LUA}if not kong.ctx.shared.${MARKS.request} then
  return kong.response.exit(503,
    '{"reason":"guard: the prompt was not inspected","status":"Prompt could not be inspected by CrowdStrike AIDR"}',
    { ["Content-Type"] = "application/json", ["Retry-After"] = "1" })
end
`;

/** Refuses an upstream's answer that the response leg did not let pass; Kong's own answers are left alone. */
export const GUARD_HEADER_FILTER_LUA = `if kong.response.get_source() == "service"
  and not kong.ctx.shared.${MARKS.response} then
  kong.ctx.shared.${REFUSAL} =
    '{"reason":"guard: the answer was not inspected","status":"Response could not be inspected by CrowdStrike AIDR"}'
  kong.response.clear_header("Content-Encoding")
  return kong.response.exit(503, kong.ctx.shared.${REFUSAL},
    { ["Content-Type"] = "application/json", ["Retry-After"] = "1" })
end
`;

/** Sends the refusal, whatever other plugins made of it. */
export const GUARD_BODY_FILTER_LUA = `if kong.ctx.shared.${REFUSAL} then
  kong.response.set_raw_body(kong.ctx.shared.${REFUSAL})
end
`;

/** Lets a prompt pass that the request leg did not, and says so. */
export const LENIENT_ACCESS_LUA = `${GUARD_MARK_LUA}if not kong.ctx.shared.${MARKS.request} then
  kong.log.err("guard: the prompt was not inspected and passes")
end
`;

/** Lets an answer pass that the response leg did not, and says so. */
export const LENIENT_HEADER_FILTER_LUA = `if kong.response.get_source() == "service"
  and not kong.ctx.shared.${MARKS.response} then
  kong.log.err("guard: the answer was not inspected and passes")
end
`;

export interface GuardPlugin {
  name: 'post-function';
  config: { access: string[]; header_filter?: string[]; body_filter?: string[] };
}

/**
 * The guard of a route.
 *
 * @param legs the legs whose plugin is on the route; the guard refuses everything that lacks another leg's mark
 * @param lenient for routes whose traffic passes when AIDR cannot be asked (`audit`, `enforce_but_ignore_on_error`):
 * what no leg marked passes with an `err` line, so a crash of the plugin server stops nothing and inspects nothing
 */
export function guardPlugin(legs: readonly Leg[], lenient: boolean): GuardPlugin {
  const access = lenient ? LENIENT_ACCESS_LUA : GUARD_ACCESS_LUA;
  const forAnswers = lenient
    ? { header_filter: [LENIENT_HEADER_FILTER_LUA] }
    : { header_filter: [GUARD_HEADER_FILTER_LUA], body_filter: [GUARD_BODY_FILTER_LUA] };
  return {
    name: 'post-function',
    config: {
      access: [legs.includes('request') ? access : GUARD_MARK_LUA],
      ...(legs.includes('response') ? forAnswers : {}),
    },
  };
}

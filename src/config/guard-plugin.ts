/**
 * The guard: Lua for Kong's bundled `post-function` plugin, which runs after every other plugin.
 *
 * Kong lets a request through when a plugin server crashes, throws or hangs. Each of our legs therefore leaves a
 * mark when it let a request pass, and the guard refuses what carries no mark: in `access` the prompt, in
 * `header_filter` the answer. It leaves a mark of its own, so that the response leg can report its absence.
 */

/** Keys in `kong.ctx.shared`, readable by every plugin of the request and not forgeable by a client. */
export const MARKS = {
  request: 'crowdstrike_aidr_request',
  response: 'crowdstrike_aidr_response',
  guard: 'crowdstrike_aidr_guard',
} as const;

/** Refuses a prompt that the request leg did not let pass. */
export const GUARD_ACCESS_LUA = `kong.ctx.shared.${MARKS.guard} = "1"
if not kong.ctx.shared.${MARKS.request} then
  return kong.response.exit(503,
    '{"reason":"guard: the prompt was not inspected","status":"Prompt could not be inspected by CrowdStrike AIDR"}',
    { ["Content-Type"] = "application/json", ["Retry-After"] = "1" })
end
`;

/** Refuses an upstream's answer that the response leg did not let pass; Kong's own answers are left alone. */
export const GUARD_HEADER_FILTER_LUA = `if kong.response.get_source() == "service"
  and not kong.ctx.shared.${MARKS.response} then
  kong.response.clear_header("Content-Encoding")
  return kong.response.exit(503,
    '{"reason":"guard: the answer was not inspected","status":"Response could not be inspected by CrowdStrike AIDR"}',
    { ["Content-Type"] = "application/json", ["Retry-After"] = "1" })
end
`;

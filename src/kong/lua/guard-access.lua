local lenient = false
local shared = kong.ctx.shared
shared.crowdstrike_aidr_guard = "1"
if shared.crowdstrike_aidr_request then
  return
elseif lenient then
  kong.log.err("guard: the prompt was not inspected and passes")
else
  return kong.response.exit(503,
    '{"reason":"guard: the prompt was not inspected","status":"Prompt could not be inspected by CrowdStrike AIDR"}',
    { ["Content-Type"] = "application/json", ["Retry-After"] = "1" })
end

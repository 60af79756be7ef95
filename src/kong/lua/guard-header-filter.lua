local lenient = false
local shared = kong.ctx.shared
if kong.response.get_source() ~= "service" or shared.crowdstrike_aidr_response then
  return
elseif lenient then
  kong.log.err("guard: the answer was not inspected and passes")
else
  shared.crowdstrike_aidr_refused =
    '{"reason":"guard: the answer was not inspected","status":"Response could not be inspected by CrowdStrike AIDR"}'
  kong.response.clear_header("Content-Encoding")
  return kong.response.exit(503, shared.crowdstrike_aidr_refused,
    { ["Content-Type"] = "application/json", ["Retry-After"] = "1" })
end

local lenient = false
local shared = kong.ctx.shared
shared.crowdstrike_aidr_guard = "2"
ngx.var.upstream_upgrade = "" -- a tunnel has no answer that could be inspected
if shared.crowdstrike_aidr_request then
  return
elseif lenient then
  kong.log.err("guard: the prompt was not inspected and passes")
else
  for _, of_plugin in pairs(ngx.ctx) do -- no cache keeps the refusal
    if type(of_plugin) == "table" and of_plugin.proxy_cache then of_plugin.proxy_cache = nil end
  end
  local status = "Prompt could not be inspected by CrowdStrike AIDR"
  local message = status .. ": the inspection is not running, try again."
  shared.crowdstrike_aidr_refused = '{"reason":"guard: the prompt was not inspected","status":"' .. status ..
    '","code":"aidr_not_inspected","message":"' .. message ..
    '","type":"error","error":{"type":"api_error","message":"' .. message ..
    '","code":"aidr_not_inspected","param":null}}'
  return kong.response.exit(503, shared.crowdstrike_aidr_refused,
    { ["Content-Type"] = "application/json", ["Retry-After"] = "1" })
end

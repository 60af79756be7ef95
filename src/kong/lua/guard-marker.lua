-- Of its refusals: "provider", "plain" or "stealth".
local style = "provider"
local shared = kong.ctx.shared
shared.crowdstrike_aidr_guard = "2"
ngx.var.upstream_upgrade = "" -- a tunnel has no answer that could be inspected
local relay, target, reason, why = shared.crowdstrike_aidr_relay, ngx.ctx.balancer_data, nil, nil
if relay then
  local ticket = kong.request.get_header("X-AIDR-Relay-Ticket") or ""
  local at = tostring(target.host) .. ":" .. tostring(target.port) .. " " .. ticket
  if at == relay and ngx.var.upstream_scheme == "http" then
    kong.service.request.set_header("X-AIDR-Relay-Ticket", ticket .. " guarded")
    if shared.crowdstrike_aidr_unbuffered then ngx.ctx.buffered_proxying = false end -- a later plugin turned it on
    local route, proof = (shared.crowdstrike_aidr_internal_route or ""):match("^([^ ]+) ([^ ]+)$")
    if route then -- with what the relay brings the request back, once, and where
      local tickets, key = ngx.shared.kong_locks, "crowdstrike_aidr:" .. ticket
      local as = kong.request.get_method() .. " " .. route .. ngx.var.upstream_uri:match("^[^?]*")
      if not (tickets:lpush(key, as:sub(1, 256) .. " " .. proof) and tickets:expire(key, 600)) then
        tickets:delete(key) -- it would stay for ever
        kong.log.err("guard: Kong's memory kong_locks is full: no ticket for the internal route")
        reason, why = "guard: no room for a ticket for the internal route", "Kong has no room for it, try again."
      end
    end
  elseif shared.crowdstrike_aidr_may_stray ~= "1" then
    reason, why = "guard: another plugin sends the prompt around the relay", "another plugin sends the prompt elsewhere."
  end
end
if reason then
  local status = "Response could not be inspected by CrowdStrike AIDR"
  local message = status .. ": " .. why
  local told = '"reason":"' .. reason .. '","status":"' .. status .. '"'
  local path = kong.request.get_path():lower()
  local is_text = path:find("/api/chat$") or path:find("/api/generate$") -- for Ollama's clients
  local error = is_text and '"' .. message .. '"' or
    '{"type":"api_error","message":"' .. message .. '","code":"aidr_not_inspected","param":null}'
  local members = ',"code":"aidr_not_inspected","message":"' .. message .. '","type":"error","error":' .. error
  shared.crowdstrike_aidr_refused = style == "stealth" and '{"error":{"message":"request failed"}}' or
    "{" .. told .. (style == "plain" and "" or members) .. "}"
  return kong.response.exit(503, shared.crowdstrike_aidr_refused,
    { ["Content-Type"] = "application/json", ["Retry-After"] = "1" })
end

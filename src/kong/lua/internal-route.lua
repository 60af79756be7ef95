-- Only the relay comes here: with a ticket that the guard has left for this path, and that is good once.
local ticket = kong.request.get_header("X-AIDR-Internal-Ticket") or ""
local as = kong.request.get_method() .. " " .. kong.request.get_raw_path()
kong.service.request.clear_header("X-AIDR-Internal-Ticket")
local kept = ngx.shared.kong_locks:lpop("crowdstrike_aidr:" .. ticket) or ""
local kept_as, proof = kept:match("^([^ ]+ [^ ]+) ([^ ]+)$")
if kept_as ~= as:sub(1, 256) then -- of a longer path, its beginning
  kong.log.warn("internal route: a request without a valid ticket")
  return kong.response.exit(403, '{"reason":"internal route: the ticket is not valid"}',
    { ["Content-Type"] = "application/json" })
end
kong.ctx.shared.crowdstrike_aidr_relay = "internal" -- who inspects it again is told
kong.ctx.shared.crowdstrike_aidr_internal_proof = proof

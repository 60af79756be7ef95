local shared = kong.ctx.shared
if shared.crowdstrike_aidr_internal_route and shared.crowdstrike_aidr_relay then -- nobody has used it
  ngx.shared.kong_locks:delete("crowdstrike_aidr:" .. shared.crowdstrike_aidr_relay:match("[^ ]*$"))
end

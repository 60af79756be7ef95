if kong.ctx.shared.crowdstrike_aidr_refused then
  kong.response.set_raw_body(kong.ctx.shared.crowdstrike_aidr_refused)
end

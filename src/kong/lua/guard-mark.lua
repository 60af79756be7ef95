kong.ctx.shared.crowdstrike_aidr_guard = "1"

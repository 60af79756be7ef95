kong.ctx.shared.crowdstrike_aidr_guard = "2"
ngx.var.upstream_upgrade = "" -- a tunnel has no answer that could be inspected

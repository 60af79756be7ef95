if not kong.ctx.crowdstrike_aidr then
  local function binary(bytes)
    return function(buffer)
      local size, floor = #bytes, math.floor
      buffer[#buffer + 1] = string.char(0xC6, floor(size / 0x1000000) % 0x100, floor(size / 0x10000) % 0x100,
        floor(size / 0x100) % 0x100, size % 0x100)
      buffer[#buffer + 1] = bytes
    end
  end
  local function decodable(headers)
    headers[":_proto__"], headers.__proto__ = headers.__proto__, nil
    return headers
  end
  local function credential_id()
    local credential = kong.client.get_credential()
    local id = credential and credential.id
    return type(id) == "string" and id or nil
  end
  local function group_names()
    local groups, names = ngx.ctx.authenticated_consumer_groups, {}
    for _, group in ipairs(type(groups) == "table" and groups or {}) do
      if type(group) == "table" and type(group.name) == "string" then names[#names + 1] = group.name end
    end
    return #names > 0 and table.concat(names, ", ") or nil
  end
  local function line_of(headers, name) -- all lines of a header in one
    local value = headers[name]
    return type(value) == "table" and table.concat(value, ", ") or value
  end
  local function number_from(service, name)
    return service and tonumber(service[name]) or nil
  end
  local function hex(bytes)
    return (bytes:gsub(".", function(char) return string.format("%02x", char:byte()) end))
  end
  local function active_span() -- of Kong's own tracing, as a traceparent
    local span = kong.tracing.active_span()
    if type(span) ~= "table" or not span.trace_id or not span.span_id then return nil end
    return "00-" .. hex(span.trace_id) .. "-" .. hex(span.span_id) .. (span.should_sample and "-01" or "-00")
  end
  local function request_facts() -- what is known of a request beside headers and body
    local consumer = kong.client.get_consumer()
    local service, route = kong.router.get_service(), kong.router.get_route()
    return {
      path = kong.request.get_path(),
      ip = kong.client.get_forwarded_ip(),
      consumer = consumer and { username = consumer.username, custom_id = consumer.custom_id },
      credential = not consumer and credential_id() or nil,
      groups = group_names(),
      request_id = ngx.var.kong_request_id,
      service = service and service.name,
      route = route and (route.name or route.id),
      span = active_span(),
    }
  end
  local function prompt_state() -- since the request plugin let it pass
    local shared, filters = kong.ctx.shared, ngx.ctx.ai_executed_filters
    local prompt = shared.crowdstrike_aidr_prompt
    shared.crowdstrike_aidr_prompt = nil
    if filters and filters["normalize-request"] then return "translated" end
    return prompt and (kong.request.get_raw_body(#prompt + 1) == prompt and "same" or "changed")
  end
  kong.ctx.crowdstrike_aidr = {
    version = "10",
    prompt = function(max)
      local headers = decodable(kong.request.get_headers(1000))
      local length = tonumber(headers["content-length"])
      local body, problem
      if not length or length <= max then
        body, problem = kong.request.get_raw_body(max)
      end
      kong.ctx.shared.crowdstrike_aidr_prompt = body
      local facts = request_facts()
      facts.headers, facts.body, facts.problem = headers, body and binary(body), problem
      return facts
    end,
    facts = function()
      local facts = request_facts()
      facts.headers = decodable(kong.request.get_headers(1000))
      return facts
    end,
    answer = function()
      local shared, body = kong.ctx.shared, kong.service.response.get_raw_body()
      return {
        status = kong.response.get_status(),
        headers = decodable(kong.response.get_headers(1000)),
        body = body and binary(body),
        prompt_marker = shared.crowdstrike_aidr_request,
        guard_marker = shared.crowdstrike_aidr_guard,
        request_id = ngx.var.kong_request_id,
        span = active_span(),
      }
    end,
    expect_answer = function(exits)
      kong.ctx.shared.crowdstrike_aidr_exits = exits
      return { prompt_marker = kong.ctx.shared.crowdstrike_aidr_request, prompt_state = prompt_state() }
    end,
    relay = function(offer)
      local shared, target, ai = kong.ctx.shared, ngx.ctx.balancer_data, ngx.ctx.ai_namespaced_ctx
      local service, route = kong.router.get_service(), kong.router.get_route()
      local filters, before = ngx.ctx.ai_executed_filters, shared.crowdstrike_aidr_relay
      local beside_ai_proxy = type(filters) == "table" and filters["normalize-request"] ~= nil
      local headers, header_count = kong.request.get_headers(1000), 0
      for _, value in pairs(headers) do header_count = header_count + (type(value) == "table" and #value or 1) end
      local at = tostring(target.host) .. ":" .. tostring(target.port) .. " "
      local facts = request_facts()
      facts.prompt_marker = shared.crowdstrike_aidr_request
      facts.prompt_state = offer.streams and not before and prompt_state() or nil
      facts.head = { -- for what is refused before a body is read
        upgrade = line_of(headers, "upgrade"),
        connection = line_of(headers, "connection"),
        ["content-length"] = line_of(headers, "content-length"),
        ["transfer-encoding"] = line_of(headers, "transfer-encoding"),
      }
      facts.header_count = header_count
      facts.service = service and {
        name = service.name,
        tls_verify = service.tls_verify,
        client_certificate = service.client_certificate and true,
        ca_certificates = service.ca_certificates and true,
        tls_verify_depth = number_from(service, "tls_verify_depth"),
        connect_timeout = number_from(service, "connect_timeout"),
        read_timeout = number_from(service, "read_timeout"),
        retries = number_from(service, "retries"),
      }
      facts.keeps_client_host = route and route.preserve_host
      facts.beside_ai_proxy = beside_ai_proxy
      facts.scheme, facts.host, facts.port = ngx.var.upstream_scheme, target.host, target.port
      facts.upstream_host = ngx.var.upstream_host
      facts.relay = before
      facts.moved = before and before:sub(1, #at) ~= at
      if before and before:find(" " .. offer.process .. ".", 1, true) then
        offer.ticket = before:match(" (.*)$") -- the other plugin's, which this process can complete
      end
      local may_stray = offer.audit and (not before or shared.crowdstrike_aidr_may_stray == "1")
      shared.crowdstrike_aidr_may_stray = may_stray and "1" or nil
      shared.crowdstrike_aidr_relay = offer.host .. ":" .. tostring(offer.port) .. " " .. offer.ticket
      if offer.internal_route then shared.crowdstrike_aidr_internal_route = offer.internal_route end
      kong.service.set_target(offer.host, offer.port)
      kong.service.set_retries(0) -- a ticket is good for one attempt; the relay repeats
      local connect, read = target.connect_timeout or 60000, target.read_timeout or 60000
      read = math.min(read + offer.patience, 2147483646)
      kong.service.set_timeouts(connect, read, read)
      kong.service.request.set_scheme("http")
      kong.service.request.set_header("X-AIDR-Relay-Ticket", offer.ticket)
      if offer.streams and not (beside_ai_proxy and not (ai and ai._global and ai._global.stream_mode)) then
        ngx.ctx.buffered_proxying, shared.crowdstrike_aidr_unbuffered = false, "1"
      end
      offer.record.kong_request_id = facts.request_id
      kong.log.set_serialize_value(offer.record_key, offer.record)
      shared[offer.key] = offer.mark
      local beside = offer.beside -- what the same plugin leaves for the answer
      if beside then
        kong.log.set_serialize_value(beside.record_key, beside.record)
        shared[beside.key] = beside.mark
      end
      if offer.exits then shared.crowdstrike_aidr_exits = offer.exits end
      return facts
    end,
    leave = function(key, mark, record_key, record, exits, has_changed_prompt)
      local shared = kong.ctx.shared
      kong.log.set_serialize_value(record_key, record)
      shared[key] = mark
      if exits then shared.crowdstrike_aidr_exits = exits end
      if has_changed_prompt then shared.crowdstrike_aidr_prompt = kong.request.get_raw_body() end
    end,
  }
end
kong.ctx.shared.crowdstrike_aidr_batch_hook = kong.ctx.crowdstrike_aidr.version

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
  kong.ctx.crowdstrike_aidr = {
    version = "4",
    prompt = function(max)
      local headers = decodable(kong.request.get_headers(1000))
      local length = tonumber(headers["content-length"])
      local body, problem
      if not length or length <= max then
        body, problem = kong.request.get_raw_body(max)
      end
      kong.ctx.shared.crowdstrike_aidr_prompt = body
      local consumer, service = kong.client.get_consumer(), kong.router.get_service()
      return {
        headers = headers,
        body = body and binary(body),
        problem = problem,
        path = kong.request.get_path(),
        ip = kong.client.get_forwarded_ip(),
        consumer = consumer and { username = consumer.username, custom_id = consumer.custom_id },
        credential = not consumer and credential_id() or nil,
        groups = group_names(),
        request_id = ngx.var.kong_request_id,
        service = service and service.name,
      }
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
      }
    end,
    expect_answer = function(exits)
      local shared, filters = kong.ctx.shared, ngx.ctx.ai_executed_filters
      local prompt, prompt_state = shared.crowdstrike_aidr_prompt, nil
      shared.crowdstrike_aidr_exits, shared.crowdstrike_aidr_prompt = exits, nil
      if filters and filters["normalize-request"] then
        prompt_state = "translated"
      elseif prompt then
        prompt_state = kong.request.get_raw_body(#prompt + 1) == prompt and "same" or "changed"
      end
      return { prompt_marker = shared.crowdstrike_aidr_request, prompt_state = prompt_state }
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

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
  kong.ctx.crowdstrike_aidr = {
    version = "2",
    prompt = function(max)
      local headers = decodable(kong.request.get_headers(1000))
      local length = tonumber(headers["content-length"])
      local body, problem
      if not length or length <= max then
        body, problem = kong.request.get_raw_body(max)
      end
      local consumer, service = kong.client.get_consumer(), kong.router.get_service()
      return {
        headers = headers,
        body = body and binary(body),
        problem = problem,
        path = kong.request.get_path(),
        ip = kong.client.get_forwarded_ip(),
        consumer = consumer and { username = consumer.username, custom_id = consumer.custom_id },
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
      }
    end,
    expect_answer = function(exits)
      local shared = kong.ctx.shared
      shared.crowdstrike_aidr_exits = exits
      return shared.crowdstrike_aidr_request
    end,
    leave = function(key, mark, record_key, record, exits)
      local shared = kong.ctx.shared
      kong.log.set_serialize_value(record_key, record)
      shared[key] = mark
      if exits then shared.crowdstrike_aidr_exits = exits end
    end,
  }
end
kong.ctx.shared.crowdstrike_aidr_batch_hook = kong.ctx.crowdstrike_aidr.version

local lenient = false
-- Of its refusals: "provider", "plain" or "stealth".
local style = "provider"
-- Statuses with which plugins may answer by themselves: below crowdstrike-aidr-request, below
-- crowdstrike-aidr-response, and a hit of proxy-cache.
local below_request = "3xx 4xx 5xx"
local below_response = ""
local proxy_cache = ""
local shared, source = kong.ctx.shared, kong.response.get_source()

local function may_exit()
  local allowed = shared.crowdstrike_aidr_exits -- left by the two plugins
  if shared.crowdstrike_aidr_guard and not ngx.ctx.KONG_RESPONSE_START then
    allowed = "4xx 5xx" -- Kong's own: access was over, and no plugin has seen an answer
  elseif allowed then
    allowed = allowed .. " " .. below_response
  elseif shared.crowdstrike_aidr_request or ngx.ctx.ran_go_plugin then
    allowed = below_request
  else
    return true -- above crowdstrike-aidr-request
  end
  if shared.proxy_cache_hit then allowed = allowed .. " " .. proxy_cache end
  local status = tostring(kong.response.get_status())
  return allowed:find(status, 1, true) or allowed:find(status:sub(1, 1) .. "xx", 1, true)
end

if shared.crowdstrike_aidr_relay then -- how the relay's inspections ended, as far as it knows
  local ended = source == "service" and kong.response.get_header("X-AIDR-Relay-Record") or ""
  kong.response.clear_header("X-AIDR-Relay-Record")
  for direction, key, kind, value in ended:gmatch("(%l+)%.([%l_]+)([=#*!])([^;]*)") do
    if kind == "#" then value = tonumber(value) end
    if kind == "!" then value = true end
    if kind == "*" then
      local list = {}
      for each in value:gmatch("[^,]+") do list[#list + 1] = each end
      value = list
    end
    kong.log.set_serialize_value("crowdstrike_aidr." .. direction .. "." .. key, value)
  end
end

local unread = false
if source == "service" then
  unread = not shared.crowdstrike_aidr_response
elseif source == "exit" and not shared.crowdstrike_aidr_refused then
  unread = shared.crowdstrike_aidr_response ~= "1" and not may_exit()
end
if not unread then
  return
elseif lenient and (source == "service" or not (shared.crowdstrike_aidr_request or shared.crowdstrike_aidr_exits)) then
  kong.log.err("guard: the answer was not inspected and passes")
else
  for _, of_plugin in pairs(ngx.ctx) do -- no cache keeps the refusal
    if type(of_plugin) == "table" and of_plugin.proxy_cache then of_plugin.proxy_cache = nil end
  end
  local status = "Response could not be inspected by CrowdStrike AIDR"
  local message = status .. ": the inspection is not running, try again."
  local told = '"reason":"guard: the answer was not inspected","status":"' .. status .. '"'
  local path = kong.request.get_path():lower()
  local is_text = path:find("/api/chat$") or path:find("/api/generate$") -- for Ollama's clients
  local error = is_text and '"' .. message .. '"' or
    '{"type":"api_error","message":"' .. message .. '","code":"aidr_not_inspected","param":null}'
  local members = ',"code":"aidr_not_inspected","message":"' .. message .. '","type":"error","error":' .. error
  shared.crowdstrike_aidr_refused = style == "stealth" and '{"error":{"message":"request failed"}}' or
    "{" .. told .. (style == "plain" and "" or members) .. "}"
  kong.response.clear_header("Content-Encoding")
  return kong.response.exit(503, shared.crowdstrike_aidr_refused,
    { ["Content-Type"] = "application/json", ["Retry-After"] = "1" })
end

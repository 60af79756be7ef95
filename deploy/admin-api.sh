#!/bin/sh
# Puts AIDR between a route of Kong and its LLM provider, over the Admin API: for a Kong with a database.
#
#   admin-api.sh [apply] [--ai-proxy]            creates or restores everything; run it as often as you like
#   admin-api.sh show <part>                     prints a plugin with its configuration
#   admin-api.sh set <part> '{"timeout":5000}'   changes fields of a plugin's configuration, and only those
#
# <part> is request, response, guard, batch-hook or ai-proxy. With --ai-proxy Kong's AI Gateway talks to the provider.
# `apply` restores what `set` changed; without --ai-proxy it removes the ai-proxy that it once added.
#
#   ADMIN_URL          http://127.0.0.1:8001
#   KONG_ADMIN_TOKEN   Kong Enterprise's RBAC token, if it wants one
#   SERVICE            openai-service                    name of the service; the plugins' names begin with it
#   ROUTE_PATH         /openai
#   UPSTREAM_URL       https://api.openai.com
#   AI_PROXY_URL       (none)                            ai-proxy's upstream_url, if it is not OpenAI's own
#   AIDR_URL           https://api.crowdstrike.com/aidr/aiguard
#   APP_ID             hr-assistant
#
# AIDR's token never passes through here: Kong reads it from its own environment, as CS_AIDR_TOKEN.
set -eu

ADMIN_URL=${ADMIN_URL:-http://127.0.0.1:8001}
KONG_ADMIN_TOKEN=${KONG_ADMIN_TOKEN:-}
SERVICE=${SERVICE:-openai-service}
ROUTE_PATH=${ROUTE_PATH:-/openai}
UPSTREAM_URL=${UPSTREAM_URL:-https://api.openai.com}
AI_PROXY_URL=${AI_PROXY_URL:-}
AIDR_URL=${AIDR_URL:-https://api.crowdstrike.com/aidr/aiguard}
APP_ID=${APP_ID:-hr-assistant}

CONNECT_LIMIT_SECONDS=5
CALL_LIMIT_SECONDS=30

fail() {
  printf 'admin-api.sh: %s\n' "$1" >&2
  exit 1
}

# admin METHOD PATH [curl's arguments]: prints the answer, or ends the script with Kong's own words. The token goes
# through standard input, because every user of the machine can read a command line.
admin() {
  method=$1 path=$2
  shift 2
  answer=$(printf 'Kong-Admin-Token: %s\n' "$KONG_ADMIN_TOKEN" |
    curl --silent --show-error --connect-timeout "$CONNECT_LIMIT_SECONDS" --max-time "$CALL_LIMIT_SECONDS" \
      --header @- --request "$method" --write-out '\n%{http_code}' "$@" "${ADMIN_URL%/}$path") ||
    fail "$method $path: no answer from $ADMIN_URL"
  case ${answer##*
} in
    2??) printf '%s\n' "${answer%
*}" ;;
    *) fail "$method $path: Kong answered ${answer##*
} ${answer%
*}" ;;
  esac
}

# put PATH FIELD=VALUE...: creates the entity or replaces it, whole.
put() {
  path=$1
  shift
  for field in "$@"; do
    set -- "$@" --data-urlencode "$field"
    shift
  done
  admin PUT "$path" "$@" >/dev/null
  printf 'PUT %s\n' "$path"
}

# put_aidr LEG
put_aidr() {
  put "/services/$SERVICE/plugins/$SERVICE-aidr-$1" \
    "name=crowdstrike-aidr-$1" \
    'config.ai_guard_api_key={vault://env-cs-aidr/token}' \
    "config.ai_guard_api_base_url=$AIDR_URL" \
    "config.upstream_llm.provider=$provider" \
    "config.upstream_llm.api_uri=$api_uri" \
    "config.app_id=$APP_ID"
}

# Refuses what the two plugins did not mark as inspected: Kong lets traffic through when a plugin server is down.
put_guard() {
  guard_access=$(
    cat <<'LUA'
local lenient = false
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
    reason, why = "guard: another plugin sends the prompt around the relay", "another plugin sends it elsewhere."
  end
end
if not reason and not shared.crowdstrike_aidr_request then
  reason, why = "guard: the prompt was not inspected", "the inspection is not running, try again."
  if lenient then
    kong.log.err("guard: the prompt was not inspected and passes")
    reason = nil
  end
end
if reason then
  for _, of_plugin in pairs(ngx.ctx) do -- no cache keeps the refusal
    if type(of_plugin) == "table" and of_plugin.proxy_cache then of_plugin.proxy_cache = nil end
  end
  local status = "Prompt could not be inspected by CrowdStrike AIDR"
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
LUA
  )
  guard_header_filter=$(
    cat <<'LUA'
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
LUA
  )
  guard_body_filter=$(
    cat <<'LUA'
if kong.ctx.shared.crowdstrike_aidr_refused then
  kong.response.set_raw_body(kong.ctx.shared.crowdstrike_aidr_refused)
end
LUA
  )
  guard_log=$(
    cat <<'LUA'
local shared = kong.ctx.shared
if shared.crowdstrike_aidr_internal_route and shared.crowdstrike_aidr_relay then -- nobody has used it
  ngx.shared.kong_locks:delete("crowdstrike_aidr:" .. shared.crowdstrike_aidr_relay:match("[^ ]*$"))
end
LUA
  )
  put "/services/$SERVICE/plugins/$SERVICE-aidr-guard" name=post-function \
    "config.access[1]=$guard_access" "config.header_filter[1]=$guard_header_filter" \
    "config.body_filter[1]=$guard_body_filter" "config.log[1]=$guard_log"
}

# Answers in one round trip what the two plugins would otherwise ask Kong in many.
put_batch_hook() {
  batch_hook_access=$(
    cat <<'LUA'
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
LUA
  )
  put "/services/$SERVICE/plugins/$SERVICE-aidr-batch-hook" name=pre-function "config.access[1]=$batch_hook_access"
}

put_ai_proxy() {
  put "/services/$SERVICE/plugins/$SERVICE-ai-proxy" name=ai-proxy \
    config.route_type=llm/v1/chat config.model.provider=openai \
    ${AI_PROXY_URL:+"config.model.options.upstream_url=$AI_PROXY_URL"}
}

# The route comes last: until the plugins stand there is no way through the service.
apply() {
  provider=openai api_uri=/v1/chat/completions
  if [ "$1" = --ai-proxy ]; then provider=kong api_uri=/llm/v1/chat; fi
  put /vaults/env-cs-aidr name=env config.prefix=CS_AIDR_
  put "/services/$SERVICE" "url=$UPSTREAM_URL"
  put_guard
  put_batch_hook
  put_aidr request
  put_aidr response
  if [ "$1" = --ai-proxy ]; then put_ai_proxy; else admin DELETE "/plugins/$SERVICE-ai-proxy" >/dev/null; fi
  put "/services/$SERVICE/routes/$SERVICE-route" "paths[1]=$ROUTE_PATH"
  printf 'Done. Every Kong node follows within seconds (db_update_frequency).\n'
}

plugin_of() {
  case $1 in
    request | response | guard | batch-hook) printf '/plugins/%s-aidr-%s' "$SERVICE" "$1" ;;
    ai-proxy) printf '/plugins/%s-ai-proxy' "$SERVICE" ;;
    *) fail "unknown part '$1': request, response, guard, batch-hook or ai-proxy" ;;
  esac
}

command -v curl >/dev/null || fail 'curl is needed'
case "$# ${1:-apply} ${2:-}" in
  '0 apply ' | '1 apply ') apply '' ;;
  '1 --ai-proxy ' | '2 apply --ai-proxy') apply --ai-proxy ;;
  '2 show '*)
    plugin=$(plugin_of "$2")
    admin GET "$plugin"
    ;;
  '3 set '*)
    plugin=$(plugin_of "$2")
    admin PATCH "$plugin" --header 'Content-Type: application/json' --data-binary "{\"config\":$3}"
    ;;
  *) fail "usage: admin-api.sh [apply] [--ai-proxy] | show <part> | set <part> '<json>'" ;;
esac

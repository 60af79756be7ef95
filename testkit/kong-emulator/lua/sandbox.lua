-- Makes what Kong's sandbox shows to a function, out of this state's own libraries and what the gateway hands in.
-- See kong/tools/kong-lua-sandbox.lua of Kong for what it makes read-only and what it leaves out.
local library, kong, log, stores, number = ...

local function missing(path)
  return { __index = function(_, field)
    error("the embedded gateway's Lua does not have " .. path .. "." .. tostring(field), 2)
  end }
end

-- Numbers of Kong's Lua are never integers of 32 bits, which these would give.
local floor, ceil, time = math.floor, math.ceil, os.time
function math.floor(x) return floor(x) + 0.0 end
function math.ceil(x) return ceil(x) + 0.0 end
function os.time(...) return time(...) + 0.0 end

local base = {}
for _, name in ipairs(library[""]) do base[name] = _G[name] end
base._VERSION, base.unpack, base.tonumber = "Lua 5.1", table.unpack, number

for module, names in pairs(library) do
  if module ~= "" then
    local fields = {}
    for _, name in ipairs(names) do fields[name] = _G[module][name] end
    base[module] = setmetatable({}, {
      __index = setmetatable(fields, missing(module)),
      __newindex = module ~= "math" and function(_, field)
        error("Can not modify " .. module .. "." .. tostring(field) .. ". Protected by the sandbox.", 2)
      end or nil,
    })
    if module == "string" then getmetatable("").__index = fields end
  end
end

local function complete(namespace, path)
  for name, inner in pairs(namespace) do
    if type(inner) == "table" then complete(inner, path .. "." .. name) end
  end
  return setmetatable(namespace, missing(path))
end
complete(kong, "kong")
getmetatable(kong.log).__call = function(_, ...) return log(...) end

-- Header names are found in any spelling.
local headers = { __index = function(found, name)
  if type(name) ~= "string" then return nil end
  return rawget(found, (name:lower():gsub("_", "-")))
end }
for _, side in ipairs({ kong.request, kong.response }) do
  local get_headers = side.get_headers
  side.get_headers = function(...)
    return setmetatable(get_headers(...), headers)
  end
end

local function store(get, set, all)
  return setmetatable({}, {
    __index = function(_, key) return get(key) end,
    __newindex = function(_, key, value) set(key, value) end,
    __pairs = function() return next, all(), nil end,
  })
end
kong.ctx = { shared = store(table.unpack(stores.shared)) }
local ngx = setmetatable({
  ctx = store(table.unpack(stores.ctx)),
  var = store(table.unpack(stores.var)),
  shared = setmetatable({ kong_locks = setmetatable(stores.lists, missing("ngx.shared.kong_locks")) },
    missing("ngx.shared")),
  now = stores.now,
  time = os.time,
}, missing("ngx"))

local sandboxed = setmetatable({}, { __index = kong })
local function environment()
  local env = setmetatable({}, { __index = { kong = sandboxed, ngx = ngx } })
  for name, value in pairs(base) do env[name] = value end
  env._G = env
  return env
end

return environment, kong

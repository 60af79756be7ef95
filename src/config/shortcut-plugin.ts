/**
 * The shortcut: Lua for Kong's bundled `pre-function` plugin, which answers in one round trip what the plugins would
 * otherwise ask in many. Each costs Kong's worker and the plugin server a wake-up, and they come strictly one by one.
 *
 * A plugin server can call whatever function it finds under `kong`, so the Lua puts three of its own there, once for
 * each worker, and tells every request that they are there. Without it everything works as well, but slower.
 */
import { MARKS } from './guard-plugin.ts';

/**
 * Key in `kong.ctx.shared`, and what stands there: another value is another version of the functions. A worker keeps the
 * functions that it got first, also when its configuration has newer Lua, so they say themselves which they are.
 */
export const SHORTCUT = { key: 'crowdstrike_aidr_shortcut', value: '1' } as const;

/** Under `kong.ctx`; named in src/kong/pdk.ts too. */
const TABLE = 'kong.ctx.crowdstrike_aidr';

/**
 * Kong's MessagePack packer takes a function for a value that writes itself; `binary` writes bytes as `bin 32`, as
 * Kong does with a body (a string would be read as UTF-8, and lose what is not). `decodable` renames the one header that
 * no plugin server in JavaScript can read, to what no header is called: the name must not take another header's place.
 *
 * @see https://github.com/msgpack/msgpack/blob/master/spec.md#bin-format-family
 */
export const SHORTCUT_ACCESS_LUA = `if not ${TABLE} then
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
  ${TABLE} = {
    version = "${SHORTCUT.value}",
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
        prompt_mark = shared.${MARKS.request},
        guard_mark = shared.${MARKS.guard},
      }
    end,
    leave = function(key, mark, record_key, record)
      kong.log.set_serialize_value(record_key, record)
      kong.ctx.shared[key] = mark
    end,
  }
end
kong.ctx.shared.${SHORTCUT.key} = ${TABLE}.version
`;

export interface ShortcutPlugin {
  name: 'pre-function';
  config: { access: string[] };
}

export const SHORTCUT_PLUGIN: ShortcutPlugin = {
  name: 'pre-function',
  config: { access: [SHORTCUT_ACCESS_LUA] },
};

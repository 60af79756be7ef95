/** ai-proxy in `access`: the client's request becomes the provider's. */

import { luaBytes } from '../../lua/value.ts';
import { exit } from '../../pdk/exit.ts';
import { callPdk } from '../../pdk/pdk.ts';
import type { Exchange } from '../../proxy/exchange.ts';
import { driverOf } from './driver.ts';
import { isJsonTable, type JsonObject, truthy } from './lua-json.ts';
import type { Settings } from './settings.ts';
import { beginState, markExecuted, type ProxyState } from './state.ts';

export async function proxyRequest(exchange: Exchange, settings: Settings): Promise<void> {
  const state = beginState(exchange);
  markExecuted(exchange, 'parse-request');
  const client = await readRequest(exchange, settings);
  markExecuted(exchange, 'enable-buffering');
  if (!truthy(client?.stream)) exchange.ctx.set('buffered_proxying', true);
  markExecuted(exchange, 'normalize-request');
  await translateRequest(exchange, settings, state, client ?? {});
  await directUpstream(exchange, settings);
}

/** The body, if it is a JSON table and no larger than Kong looks at; else ai-proxy goes on without one. */
async function readRequest(exchange: Exchange, settings: Settings): Promise<JsonObject | undefined> {
  const type = (exchange.request.headers.get('content-type') ?? 'application/json').toLowerCase();
  if (/^(?:application\/x-www-form-urlencoded|multipart\/form-data)/.test(type)) {
    throw new Error('the embedded gateway reads no forms for ai-proxy');
  }
  if (!type.startsWith('application/json')) return undefined;
  const body = await callPdk(exchange, 'kong.request.get_raw_body', [settings.max_request_body_size]);
  if (!(body instanceof Uint8Array)) return undefined;
  try {
    const value: unknown = JSON.parse(luaBytes(body).toString('utf8'));
    return isJsonTable(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

async function translateRequest(
  exchange: Exchange,
  settings: Settings,
  state: ProxyState,
  client: JsonObject,
): Promise<void> {
  const { route_type: route, model } = settings;
  const bail = (why: string): never => exit(exchange, 400, { error: { message: why } }, undefined);
  state.preserves = route === 'preserve';
  const formats = formatsOf(client);
  if (!state.preserves && formats.length === 0) bail("request body doesn't contain valid prompts");

  const named = typeof client.model === 'string' ? client.model : undefined;
  state.model = model.name ?? named;
  if (named !== undefined && named !== '' && named !== state.model)
    bail(`cannot use own model - must be: ${model.name}`);
  if (!state.preserves && state.model === undefined)
    bail('model parameter not found in request, nor in gateway configuration');
  if (!state.preserves && formats.length > 1) bail('request matches multiple LLM request formats');
  if (!state.preserves && formats[0] !== route)
    bail(`[${formats[0]}] message format is not compatible with [${route}] route type`);

  state.streams = truthy(client.stream) || settings.response_streaming === 'always';
  exchange.ctx.set('ai_namespaced_ctx', { _global: { stream_mode: state.streams } });
  if (state.streams && settings.response_streaming === 'deny')
    bail('response streaming is not enabled for this LLM');
  if (!state.streams) exchange.ctx.set('buffered_proxying', true);
  if (state.preserves) return;
  const sent = providerRequest({ ...client, ...(state.streams ? { stream: true } : {}) }, settings, state);
  if (sent === undefined) return bail(`error transforming to ${model.provider}://${route}`);
  await exchange.request.setBody(Buffer.from(JSON.stringify(sent)));
  exchange.request.headers.set('Content-Type', 'application/json');
}

/** What the body could be: a chat, a completion, or both. */
function formatsOf({ messages, prompt }: JsonObject): string[] {
  return [
    ...(Array.isArray(messages) && messages.length > 0 ? ['llm/v1/chat'] : []),
    ...(typeof prompt === 'string' ? ['llm/v1/completions'] : []),
  ];
}

function providerRequest(client: JsonObject, settings: Settings, state: ProxyState): JsonObject | undefined {
  try {
    return driverOf(settings).request(client, settings, state.model);
  } catch {
    return undefined;
  }
}

/** Where the request goes, and with which credentials. A query in the configured URL is ignored. */
async function directUpstream(exchange: Exchange, settings: Settings): Promise<void> {
  const { route_type: route, model, auth } = settings;
  const driver = driverOf(settings);
  const { upstream_url: configured, upstream_path: path } = model.options ?? {};
  const url = new URL(configured ?? driver.url);
  const usual = configured === undefined ? (path ?? driver.paths[route] ?? '/') : url.pathname;
  // The whole path of the client's request, what the route would strip included.
  const preserved = route === 'preserve' && path === undefined;
  const target = preserved ? await callPdk(exchange, 'kong.request.get_path', []) : usual;
  await callPdk(exchange, 'kong.service.request.set_path', [String(target).replace(/^\/*/, '/')]);
  await callPdk(exchange, 'kong.service.request.set_scheme', [url.protocol.replace(':', '')]);
  await callPdk(exchange, 'kong.service.set_target', [url.hostname, portOf(configured ?? driver.url)]);

  const { header_name: name, header_value: value, allow_override: override = false } = auth ?? {};
  const keepsClients = override && name !== undefined && exchange.request.headers.has(name);
  const credential = name === undefined || value === undefined || keepsClients ? {} : { [name]: value };
  const headers = { ...driver.headers(settings), ...credential };
  await callPdk(exchange, 'kong.service.request.set_headers', [headers]);
}

/** 443 without a port, for plain HTTP too. */
function portOf(url: string): number {
  return Number(/^[a-z]+:\/\/[^/?#]*:(\d+)(?:[/?#]|$)/i.exec(url)?.[1] ?? 443);
}

/** Kong's own settings that our plugins depend on. */
import { directive } from '../directive.ts';
import type { Finding } from '../finding.ts';
import type { Deployment } from '../model.ts';
import { ADDING_PLUGINS, AI_PROXIES } from '../neighbours.ts';
import { isInspected } from '../plugin-of.ts';
import { listOf, type PluginServer, pluginServersOf, servedSockets } from '../plugin-servers.ts';
import type { Settings } from '../settings.ts';

/** Bytes. nginx writes a longer prompt to disk, and the plugin has Kong read it back from there. */
const ENOUGH_BODY_BUFFER = 1_048_576;
const DEFAULT_BODY_BUFFER = '8k';

export function enabledPlugins({ plugins, settings }: Deployment): Finding[] {
  if (!settings) return [];
  const enabled = listOf(settings, 'plugins');
  const used = [...new Set(plugins.map(({ name }) => name))];
  const findings: Finding[] = used
    .filter((name) => !enabled.includes(name))
    .map((name) => ({
      code: 'plugin-not-enabled',
      level: 'warning',
      place: settings.place('plugins'),
      problem: `${name} is not enabled, so Kong refuses the configuration`,
      remedy: `plugins = bundled,${used.join(',')}`,
    }));
  if (settings.get('untrusted_lua') !== 'off') return findings;
  const problem = 'off keeps the guard from running: every request to its routes fails';
  const remedy = 'leave it at sandbox';
  const place = settings.place('untrusted_lua');
  return [...findings, { code: 'untrusted-lua', level: 'warning', place, problem, remedy }];
}

export function pluginServers({ plugins, settings }: Deployment): Finding[] {
  if (!settings || plugins.length === 0) return [];
  const servers = pluginServersOf(settings);
  return [
    ...unserved(
      plugins.map(({ name }) => name),
      servers,
      settings,
    ),
    ...servers.filter(({ queryCommand }) => queryCommand === undefined).map(unqueried),
    ...servers.flatMap((server, index) => shared(server, servers.slice(0, index))),
    ...servers.flatMap((server, index) => startedTwice(server, servers.slice(0, index))),
    ...servers.flatMap((server) => missed(server, servers)),
    ...servers.filter(isOwned).map(attached),
  ];
}

/** A server whose commands name neither plugin may hold any. */
function unserved(used: string[], servers: PluginServer[], settings: Settings): Finding[] {
  const names = [...new Set(used)].filter((name) => !servers.some(({ plugin }) => plugin === name));
  if (names.length <= servers.filter(({ plugin }) => !plugin).length) return [];
  return [
    {
      code: 'plugin-servers',
      level: 'warning',
      place: settings.place('pluginserver_names'),
      problem: `no entry is left for ${names.join(' and ')}: Kong takes one plugin of each server`,
      remedy: 'an entry for each plugin, with its own socket and query command',
    },
  ];
}

function unqueried({ name, place }: PluginServer): Finding {
  const problem = `without it Kong does not start, unless there is an executable /usr/local/bin/${name}`;
  const remedy = `aidr-pluginserver --dump <plugin>`;
  return { code: 'plugin-servers', level: 'warning', place: place('query_cmd'), problem, remedy };
}

function shared(server: PluginServer, others: PluginServer[]): Finding[] {
  const other = others.find(({ socket }) => socket === server.socket);
  if (!other) return [];
  const problem = `${other.name} has the same socket, so each plugin is asked what only the other can answer`;
  return [
    {
      code: 'plugin-servers',
      level: 'warning',
      place: server.place('socket'),
      problem,
      remedy: 'a socket for each entry',
    },
  ];
}

function startedTwice(server: PluginServer, others: PluginServer[]): Finding[] {
  const paths = [...servedSockets(server).values()];
  const other = others.find((one) => [...servedSockets(one).values()].some((path) => paths.includes(path)));
  if (!other) return [];
  const problem = `the start command of ${other.name} serves the same sockets: two processes take them from each other`;
  return [
    {
      code: 'plugin-servers',
      level: 'warning',
      place: server.place('start_cmd'),
      problem,
      remedy: 'only the first entry starts one',
    },
  ];
}

/** Kong connects to one path while the process listens on another. */
function missed(server: PluginServer, servers: PluginServer[]): Finding[] {
  const { plugin } = server;
  const served = servers.flatMap((one) => (plugin && servedSockets(one).get(plugin)) ?? []);
  if (served.length === 0 || served.includes(server.socket)) return [];
  const problem = `the start command serves ${plugin} on another socket`;
  return [
    {
      code: 'plugin-servers',
      level: 'warning',
      place: server.place('socket'),
      problem,
      remedy: 'the same path in both',
    },
  ];
}

/** Kong starts our server, which ends with the worker that did. */
function isOwned({ startCommand = '' }: PluginServer): boolean {
  return startCommand.includes('aidr-pluginserver') && !/\s--detach(\s|$)/.test(startCommand);
}

function attached({ place }: PluginServer): Finding {
  const problem = 'without --detach, a reload cuts requests under way when Kong has more than one worker';
  return {
    code: 'plugin-servers',
    level: 'warning',
    place: place('start_cmd'),
    problem,
    remedy: 'add --detach to the start command',
  };
}

export function bodyBuffer({ plugins, settings }: Deployment): Finding[] {
  if (!settings || plugins.length === 0) return [];
  const { place, value = DEFAULT_BODY_BUFFER } = directive(settings, 'client_body_buffer_size');
  if (bytesOf(value) >= ENOUGH_BODY_BUFFER) return [];
  const problem = `prompts over ${value} are written to disk in clear, and read back from there to be inspected`;
  return [{ code: 'body-buffer', level: 'warning', place, problem, remedy: '1m or more' }];
}

/** AI plugins of Kong read no more of a prompt than this, in bytes: Kong's own default. */
const AI_PLUGIN_READS = 8192;
const READING_PLUGINS = [...AI_PROXIES, 'ai-prompt-guard', ...ADDING_PLUGINS, 'ai-response-transformer'];

/** The AI plugins of Kong have a limit of their own, whatever the buffer is. */
export function aiPluginLimits({ traffic }: Deployment): Finding[] {
  return traffic.filter(isInspected).flatMap((one) =>
    READING_PLUGINS.flatMap((name) => one.candidates(name)[0] ?? [])
      .filter(({ config }) => Number(config.max_request_body_size ?? AI_PLUGIN_READS) < ENOUGH_BODY_BUFFER)
      .map(({ place, config }) => ({
        code: 'body-buffer',
        level: 'info',
        place: place.at('config', 'max_request_body_size'),
        problem: `it refuses or does not read prompts over ${config.max_request_body_size ?? AI_PLUGIN_READS} bytes, which the AIDR plugins would inspect`,
        remedy: 'max_request_body_size: 1048576 or more',
      })),
  );
}

const ENOUGH_HEADER_BUFFER = 16_384;
const DEFAULT_HEADER_BUFFERS = '4 8k';

/** A header of a coding agent, such as one with a token or a trace, does not fit into one buffer of nginx's default. */
export function headerBuffers({ plugins, settings }: Deployment): Finding[] {
  const isForAgents = plugins.some(({ config }) =>
    ['metadata_from_headers', 'agent_type', 'is_agent', 'session_id'].some((name) => name in config),
  );
  if (!settings || !isForAgents) return [];
  const { place, value = DEFAULT_HEADER_BUFFERS } = directive(settings, 'large_client_header_buffers');
  if (bytesOf(value.trim().split(/\s+/).at(-1) ?? '') >= ENOUGH_HEADER_BUFFER) return [];
  const problem = 'a request with a header over 8 KB, as coding agents may send, gets 400 from nginx';
  return [{ code: 'header-buffers', level: 'warning', place, problem, remedy: '4 32k' }];
}

export function heldBackStreams({ plugins, settings }: Deployment): Finding[] {
  if (!settings || !plugins.some(({ config }) => config.response_mode === 'live')) return [];
  const { place, value } = directive(settings, 'postpone_output');
  if (value !== undefined && bytesOf(value) === 0) return [];
  const problem = 'unless this is 0, small pieces of a live stream are held back';
  return [{ code: 'held-back-streams', level: 'warning', place, problem, remedy: 'set it to 0' }];
}

/** Requests under way in one worker that a gateway should have room for. */
const ENOUGH_AT_ONCE = 1_024;
/** From the client, to the relay, from the relay, to the provider. */
const CONNECTIONS_OF_INTERNAL_ROUTE = 4;

/** Kong's own `auto` is as much as the open files allow, which no setting shows. */
export function workerConnections({ plugins, settings }: Deployment): Finding[] {
  if (!settings || !plugins.some(({ config }) => config.internal_route_url !== undefined)) return [];
  const name = 'nginx_events_worker_connections';
  const enough = ENOUGH_AT_ONCE * CONNECTIONS_OF_INTERNAL_ROUTE;
  const connections = Number(settings.get(name) ?? enough);
  if (Number.isNaN(connections) || connections >= enough) return [];
  const most = Math.floor(connections / CONNECTIONS_OF_INTERNAL_ROUTE);
  const problem = `a request through an internal route takes ${CONNECTIONS_OF_INTERNAL_ROUTE} connections of a worker, which has at most ${most} of them at once`;
  return [
    {
      code: 'worker-connections',
      level: 'warning',
      place: settings.place(name),
      problem,
      remedy: `auto, or ${enough} or more`,
    },
  ];
}

/** @returns NaN for what is no size */
function bytesOf(size: string): number {
  const [, digits, unit = ''] = /^(\d+)([km]?)$/i.exec(size) ?? [];
  return Number(digits) * ({ k: 1024, m: 1_048_576 }[unit.toLowerCase()] ?? 1);
}

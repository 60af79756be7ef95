/** `aidr-pluginserver`'s command line. */
import { isIP } from 'node:net';
import { parseArgs } from 'node:util';
import type { Checks } from '../diagnostics/health-check/index.ts';
import type { TcpAddress } from '../diagnostics/metrics/listener.ts';
import { hasCredentials } from '../network/proxies.ts';
import { SYSTEM_AUTHORITIES } from '../network/trusted-authorities.ts';
import type { LogFormat } from './log.ts';
import type { NetworkOptions } from './network.ts';
import { type OtlpOptions, tracesUrl } from './otlp-options.ts';

export type Command =
  | { kind: 'help' }
  | {
      kind: 'dump';
      plugin: string;
      /** Name of a variable of the environment that Kong's vault is to read; undefined: none is expected. */
      expectedVariable: string | undefined;
    }
  | ({ kind: 'check' } & Checks & CommonOptions)
  | ({
      kind: 'serve';
      sockets: { plugin: string; path: string }[];
      replace: boolean;
      /** Kong started it: requests under way outlive the worker that did. */
      detach: boolean;
      /** Milliseconds for which the event loop may stand still. */
      maxStall: number;
      /** This is the process that a supervisor started. */
      isSupervised: boolean;
      maxBytesInFlight: number;
      /** Where metrics are served; undefined: nowhere. */
      metrics: TcpAddress | undefined;
      logFormat: LogFormat;
      /** Absent: lines go to standard error. */
      logFile?: string;
      /** Absent: no spans are made. */
      otlp?: OtlpOptions;
    } & CommonOptions);

interface CommonOptions {
  network: NetworkOptions;
  /** A file with variables that would else be in the environment. */
  envFile?: string;
}

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const DEFAULT_SERVICE = 'crowdstrike-aidr';
const DEFAULT_MEGABYTES_IN_FLIGHT = 64;
/** Seconds. After 10 s Kong lets requests pass that wait for a plugin's configuration, and after 60 s all of them. */
const DEFAULT_MAX_STALL = 5;
const LARGEST_MAX_STALL = 8;
/** Between the supervisor and the process that it starts; not for operators. */
export const SUPERVISED = '--supervised';

export const HELP = `aidr-pluginserver: runs CrowdStrike AIDR's plugins for Kong Gateway

  aidr-pluginserver --socket <plugin>=<path> [--socket <plugin>=<path> …]
  aidr-pluginserver --dump <plugin> [--expect-env <name>]
  aidr-pluginserver --check [--socket <plugin>=<path> …] [--config <file>] [--aidr]

<plugin> is crowdstrike-aidr-request, crowdstrike-aidr-response, crowdstrike-aidr-mcp, or the absolute path
of a module that is written for kong-pdk.

  --socket <plugin>=<path>        serve the plugin on this Unix socket; one process serves all of them
  --replace                       take over sockets on which another process listens; kong reload needs it
  --detach                        for start commands in kong.conf: requests under way survive when Kong's worker ends this
                                  process; the process that serves them ends by itself afterwards
  --max-stall <seconds>           if the event loop of the process that serves the plugins stands still this long, end it,
                                  refuse its requests and start the next one (default ${DEFAULT_MAX_STALL}, at most ${LARGEST_MAX_STALL})
  --max-megabytes-in-flight <n>   bodies held at once; more is refused with 503 (default ${DEFAULT_MEGABYTES_IN_FLIGHT})
  --ca-file <file>                also trust the certificate authorities in this PEM file, for AIDR and for providers in
                                  the relay; \`system\` for those of this machine; may be repeated
  --https-proxy <url>             reach AIDR, providers in the relay and the collector of --otlp-endpoint through this
                                  forward proxy; without user and password, which belong into --env-file
  --http-proxy <url>              the same for those that are reached without TLS
  --no-proxy <list>               hosts, domains, addresses and networks that are reached directly, separated by commas
  --env-file <file>               a file with lines such as https_proxy=http://user:password@proxy.example:3128, which
                                  only its owner and its group may read; see docs/networks.md
  --client-cert <file>            certificate in PEM that is shown to AIDR if it asks for one (mutual TLS)
  --client-key <file>             its private key in PEM; the passphrase is AIDR_CLIENT_KEY_PASSPHRASE in --env-file
  --metrics <address>:<port>      serve Prometheus metrics (GET /metrics) and GET /healthz there, such as 127.0.0.1:9542
  --otlp-endpoint <url>           send a span of each inspection and of each call to AIDR to this OpenTelemetry collector
                                  over OTLP and HTTP, such as http://127.0.0.1:4318; headers for it are
                                  OTEL_EXPORTER_OTLP_HEADERS in --env-file
  --otlp-service-name <name>      the spans' service (default ${DEFAULT_SERVICE})
  --log-format <text|json>        how this process writes to its standard error; with json the lines that the plugins write
                                  into Kong's log are there too, with Kong's id of the request
  --log-file <path>               append these lines to this file in place of standard error; /proc/1/fd/1 in a container
                                  is its standard output
  --dump <plugin>                 print the description of the plugin as JSON, for Kong's query command
  --expect-env <name>             with --dump: warn on stderr if this environment variable is not set
  --check                         check the sockets, print one line for each check, and exit with 1 if one fails; options of
                                  the start command may be given too
  --config <file>                 with --check: also check that this declarative configuration loads
  --aidr                          with --check: also call AIDR (CS_AIDR_BASE_URL) with the key in CS_AIDR_TOKEN. AIDR records
                                  the call. Do not use it in a container's health check: restarting Kong does not help
                                  when AIDR is down
  --help                          print this
`;

/** @throws UsageError */
export function parseCommandLine(args: string[]): Command {
  const { values } = parse(args);
  if (values.help) return { kind: 'help' };
  if (values.dump !== undefined && (values.socket || values.check))
    throw new UsageError('--dump cannot be combined with --socket or --check');
  if (values.dump !== undefined)
    return { kind: 'dump', plugin: values.dump, expectedVariable: values['expect-env'] };
  if (values['expect-env'] !== undefined) throw new UsageError('--expect-env needs --dump');
  if (values.check) return parseCheck(values);
  if (values.config !== undefined || values.aidr) throw new UsageError('--config and --aidr need --check');
  if (!values.socket) throw new UsageError('give --socket, --check or --dump');
  const sockets = parseSockets(values.socket);
  return {
    kind: 'serve',
    sockets,
    replace: values.replace ?? false,
    detach: values.detach ?? false,
    maxStall: parseStall(values['max-stall']) * 1_000,
    isSupervised: values.supervised ?? false,
    maxBytesInFlight: parseMegabytes(values['max-megabytes-in-flight']) * 1_048_576,
    metrics: values.metrics === undefined ? undefined : parseAddress(values.metrics),
    logFormat: parseLogFormat(values['log-format']),
    ...parseLogFile(values['log-file']),
    ...parseOtlp(values),
    ...parseCommon(values),
  };
}

type Values = ReturnType<typeof parse>['values'];

function parseCheck({ socket = [], config, aidr = false, ...others }: Values): Command {
  if (socket.length === 0 && config === undefined && !aidr)
    throw new UsageError('--check needs --socket, --config or --aidr');
  return { kind: 'check', sockets: parseSockets(socket), config, aidr, ...parseCommon(others) };
}

function parseCommon(values: Omit<Values, 'socket' | 'config' | 'aidr'>): CommonOptions {
  const { 'env-file': envFile } = values;
  if (envFile !== undefined) refuseRelative('--env-file', envFile);
  return { network: parseNetwork(values), ...(envFile === undefined ? {} : { envFile }) };
}

function parseNetwork(values: Omit<Values, 'socket' | 'config' | 'aidr'>): NetworkOptions {
  const {
    'ca-file': caFiles,
    'https-proxy': httpsProxy,
    'http-proxy': httpProxy,
    'no-proxy': noProxy,
  } = values;
  const relative = caFiles?.find((file) => file !== SYSTEM_AUTHORITIES && !file.startsWith('/'));
  if (relative !== undefined)
    throw new UsageError(`--ca-file takes an absolute path or ${SYSTEM_AUTHORITIES}, not ${relative}`);
  refuseCredentials('--https-proxy', httpsProxy);
  refuseCredentials('--http-proxy', httpProxy);
  const clientCertificate = parseClientCertificate(values);
  return {
    ...(caFiles ? { caFiles } : {}),
    ...(httpsProxy === undefined ? {} : { httpsProxy }),
    ...(httpProxy === undefined ? {} : { httpProxy }),
    ...(noProxy === undefined ? {} : { noProxy }),
    ...(clientCertificate ? { clientCertificate } : {}),
  };
}

function parseClientCertificate({
  'client-cert': cert,
  'client-key': key,
}: Pick<Values, 'client-cert' | 'client-key'>): NetworkOptions['clientCertificate'] {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined)
    throw new UsageError('--client-cert and --client-key need each other');
  refuseRelative('--client-cert', cert);
  refuseRelative('--client-key', key);
  return { cert, key };
}

/** Nobody knows in which folder Kong starts a plugin server. */
function refuseRelative(option: string, path: string): void {
  if (!path.startsWith('/')) throw new UsageError(`${option} takes an absolute path, not ${path}`);
}

/** Everybody on the machine can read command lines. */
function refuseCredentials(option: string, url: string | undefined): void {
  if (url !== undefined && url !== '' && hasCredentials(url))
    throw new UsageError(`${option} has a user or a password in it: put the URL into the file of --env-file`);
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        socket: { type: 'string', multiple: true },
        dump: { type: 'string' },
        'expect-env': { type: 'string' },
        check: { type: 'boolean' },
        config: { type: 'string' },
        aidr: { type: 'boolean' },
        replace: { type: 'boolean' },
        detach: { type: 'boolean' },
        'max-stall': { type: 'string' },
        supervised: { type: 'boolean' },
        'max-megabytes-in-flight': { type: 'string' },
        'ca-file': { type: 'string', multiple: true },
        'otlp-endpoint': { type: 'string' },
        'otlp-service-name': { type: 'string' },
        'log-format': { type: 'string' },
        'log-file': { type: 'string' },
        'https-proxy': { type: 'string' },
        'http-proxy': { type: 'string' },
        'no-proxy': { type: 'string' },
        'env-file': { type: 'string' },
        'client-cert': { type: 'string' },
        'client-key': { type: 'string' },
        metrics: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'bad arguments');
  }
}

function parseSockets(options: string[]): { plugin: string; path: string }[] {
  const sockets = options.map(parseSocket);
  for (const key of ['plugin', 'path'] as const) {
    if (new Set(sockets.map((socket) => socket[key])).size < sockets.length) {
      throw new UsageError(`two --socket options have the same ${key}`);
    }
  }
  return sockets;
}

function parseSocket(option: string): { plugin: string; path: string } {
  const equals = option.indexOf('=');
  const [plugin, path] = [option.slice(0, equals), option.slice(equals + 1)];
  if (equals < 1 || path === '') throw new UsageError(`--socket takes <plugin>=<path>, not ${option}`);
  if (!path.startsWith('/')) throw new UsageError(`the path of a socket must be absolute: ${path}`);
  return { plugin, path };
}

function parseAddress(option: string): TcpAddress {
  const colon = option.lastIndexOf(':');
  const [address, digits] = [option.slice(0, colon), option.slice(colon + 1)];
  const isBracketed = address.startsWith('[') && address.endsWith(']');
  const host = isBracketed ? address.slice(1, -1) : address;
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : Number.NaN;
  if (isIP(host) !== (isBracketed ? 6 : 4) || !(port <= 65_535)) {
    throw new UsageError(`--metrics takes <IP address>:<port>, IPv6 in brackets, not ${option}`);
  }
  return { host, port };
}

function parseLogFormat(option = 'text'): LogFormat {
  if (option !== 'text' && option !== 'json')
    throw new UsageError(`--log-format takes text or json, not ${option}`);
  return option;
}

function parseLogFile(path: string | undefined): { logFile?: string } {
  if (path === undefined) return {};
  refuseRelative('--log-file', path);
  return { logFile: path };
}

function parseOtlp(values: Pick<Values, 'otlp-endpoint' | 'otlp-service-name'>): { otlp?: OtlpOptions } {
  const { 'otlp-endpoint': url, 'otlp-service-name': serviceName = DEFAULT_SERVICE } = values;
  if (url === undefined) {
    if (values['otlp-service-name'] === undefined) return {};
    throw new UsageError('--otlp-service-name needs --otlp-endpoint');
  }
  const endpoint = tracesUrl(url);
  if (endpoint === undefined)
    throw new UsageError('--otlp-endpoint takes an http or https URL without user and password');
  return { otlp: { endpoint, serviceName } };
}

function parseMegabytes(option: string | undefined): number {
  if (option === undefined) return DEFAULT_MEGABYTES_IN_FLIGHT;
  const megabytes = Number(option);
  if (!Number.isInteger(megabytes) || megabytes < 1) {
    throw new UsageError(`--max-megabytes-in-flight takes a positive whole number, not ${option}`);
  }
  return megabytes;
}

function parseStall(option: string | undefined): number {
  if (option === undefined) return DEFAULT_MAX_STALL;
  const seconds = Number(option);
  if (!(seconds >= 1 && seconds <= LARGEST_MAX_STALL)) {
    throw new UsageError(`--max-stall takes seconds from 1 to ${LARGEST_MAX_STALL}, not ${option}`);
  }
  return seconds;
}

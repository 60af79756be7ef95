/** `aidr-pluginserver`: the process that Kong starts. */

import type { Metrics, MetricsOptions } from '../diagnostics/metrics/index.ts';
import type { TcpAddress } from '../diagnostics/metrics/listener.ts';
import type { Tracing, TracingOptions } from '../diagnostics/tracing/index.ts';
import { errorLocation } from '../kong/error-location.ts';
import { IdentityError } from '../network/client-identity.ts';
import { NoProxyError } from '../network/no-proxy.ts';
import { ProxyError } from '../network/proxies.ts';
import { SecretFileError } from '../network/secret-file.ts';
import { AuthorityError } from '../network/trusted-authorities.ts';
import { kongMasterOf } from '../pluginserver/kong-process.ts';
import { PluginServer } from '../pluginserver/plugin-server.ts';
import { loadPlugin, PluginError } from '../pluginserver/plugins.ts';
import { ServingProcess } from '../pluginserver/serving-process.ts';
import { Supervisor } from '../pluginserver/supervisor.ts';
import { SocketError } from '../pluginserver/unix-socket.ts';
import { isAidrWorker } from '../workers/thread.ts';
import { EnvironmentError, environmentWith } from './environment.ts';
import { log, useLogFile, useLogFormat } from './log.ts';
import { setUpNetwork } from './network.ts';
import { OtlpError, tracingOptions } from './otlp-options.ts';
import { type Command, HELP, parseCommandLine, SUPERVISED, UsageError } from './plugin-server-options.ts';

/** Milliseconds; below Kong's 60 s, after which it lets a request pass. */
const REPLY_DEADLINE = 50_000;
/** Milliseconds; as long as a client may take to upload its body. */
const STEP_DEADLINE = 600_000;
/** Milliseconds; Kong's own patience with a plugin server. */
const ABSENCE_DEADLINE = 60_000;
/** Milliseconds in which the last spans are sent, when all else is done. */
const FLUSH_LIMIT = 900;
const LIMITS = {
  replyDeadline: REPLY_DEADLINE,
  stepDeadline: STEP_DEADLINE,
  absenceDeadline: ABSENCE_DEADLINE,
};
/** Milliseconds that running phases get on SIGTERM: the longest inspection. */
const STOP_LIMIT = 50_000;
/** Milliseconds between two looks whether Kong still needs this process. */
const LOOK_EVERY = 1_000;

type ServeCommand = Extract<Command, { kind: 'serve' }>;

async function run(command: Command): Promise<void> {
  if (command.kind === 'help') {
    process.stdout.write(HELP);
    return;
  }
  if (command.kind === 'dump') {
    const host = await loadPlugin(command.plugin);
    process.stdout.write(`${JSON.stringify([host.info()])}\n`);
    sayIfMissing(command.expectedVariable);
    return;
  }
  if (command.kind === 'check') {
    const environment = environmentWith(command.envFile, process.env);
    setUpNetwork(command.network, environment);
    const { runChecks } = await import('../diagnostics/health-check/index.ts');
    const { report, isOk } = await runChecks(command, environment);
    process.stdout.write(report);
    process.exitCode = isOk ? 0 : 1;
    return;
  }
  useLogFormat(command.logFormat);
  if (command.logFile !== undefined) useLogFile(command.logFile);
  await (command.isSupervised ? serve(command) : supervise(command));
}

/** Megabytes. With less to begin with, a thread that reads bodies of a megabyte collects garbage every few of them. */
const HEAP = ['--initial-old-space-size=48'];

async function supervise(command: ServeCommand): Promise<void> {
  const [program, script = '', ...args] = process.argv;
  const supervisor = new Supervisor({
    ...command,
    command: [program ?? process.execPath, ...process.execArgv, ...HEAP, script, ...args, SUPERVISED],
    kong: command.detach ? kongMasterOf(process.ppid) : undefined,
    limits: LIMITS,
    log,
    onFailedStart: (exitCode) => process.exit(exitCode),
  });
  await supervisor.start();
  if (command.detach) leaveWithKong(supervisor);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) {
    process.once(signal, () => {
      const ended = command.detach ? supervisor.leave() : supervisor.stop(STOP_LIMIT);
      void ended.then(() => process.exit(0));
    });
  }
}

/** When the worker that started this process is gone, or another process has the sockets; what serves stays behind. */
function leaveWithKong(supervisor: Supervisor): void {
  const worker = process.ppid;
  setInterval(() => {
    if (process.ppid !== worker || supervisor.isReplaced) void supervisor.leave().then(() => process.exit(0));
  }, LOOK_EVERY);
}

async function serve(command: ServeCommand): Promise<void> {
  const environment = environmentWith(command.envFile, process.env);
  setUpNetwork(command.network, environment);
  const otlp = command.otlp && tracingOptions(command.otlp, environment);
  const serving = new ServingProcess();
  // Not loaded by the supervisor, which needs none of it.
  const [{ requestsUnderWay }, { auditsUnderWay }] = await Promise.all([
    import('../live/relay.ts'),
    import('../inspection/audit.ts'),
  ]);
  const hosts = await Promise.all(command.sockets.map(({ plugin }) => loadPlugin(plugin)));
  const server = new PluginServer({ hosts, maxBytesInFlight: command.maxBytesInFlight, ...LIMITS, log });
  const tracing = otlp && (await startTraces(otlp));
  const served = {
    sockets: command.sockets,
    isListening: () => serving.isListening(),
    isReplaced: () => serving.isReplaced(),
    log,
    ...(tracing ? { spans: tracing.counts } : {}),
  };
  const metrics = command.metrics && (await startMetrics(command.metrics, server, served));
  serving.serve({
    server,
    log,
    isBusy: () => requestsUnderWay() + auditsUnderWay() > 0,
    exit() {
      void metrics?.stop();
      void Promise.resolve(tracing?.stop(FLUSH_LIMIT)).finally(() => process.exit(0));
    },
  });
}

/** Kong asks for the description in its own environment, in which `{vault://env/…}` looks too, and when it starts. */
function sayIfMissing(variable: string | undefined): void {
  if (variable === undefined || process.env[variable]) return;
  log(`${variable} is not set: requests get 500 where the key comes from it`);
}

/** Whatever goes wrong with the metrics, the plugins are served; who does not want any pays nothing for them. */
async function startMetrics(
  address: TcpAddress,
  server: PluginServer,
  served: MetricsOptions,
): Promise<Metrics | undefined> {
  try {
    const { serveMetrics } = await import('../diagnostics/metrics/index.ts');
    return serveMetrics(address, server, served);
  } catch (error) {
    log(`metrics: cannot start: ${errorLocation(error)}`);
    return undefined;
  }
}

/** The same for traces. */
async function startTraces(options: TracingOptions): Promise<Tracing | undefined> {
  try {
    const { startTracing } = await import('../diagnostics/tracing/index.ts');
    return startTracing(options, log);
  } catch (error) {
    log(`traces: cannot start: ${errorLocation(error)}`);
    return undefined;
  }
}

const EXPECTED = [
  ...[UsageError, PluginError, SocketError, AuthorityError, EnvironmentError],
  ...[IdentityError, NoProxyError, ProxyError, SecretFileError, OtlpError],
];

async function main(): Promise<void> {
  // A bug outside a phase costs nobody's request: the process serves every route.
  process.on('unhandledRejection', (reason) => log(`unhandled rejection: ${errorLocation(reason)}`, 'error'));
  process.on('uncaughtException', (error) => log(`uncaught exception: ${errorLocation(error)}`, 'error'));
  // Who read what is said here may be gone before this process is.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  try {
    await run(parseCommandLine(process.argv.slice(2)));
  } catch (error) {
    const isExpected = error instanceof Error && EXPECTED.some((kind) => error instanceof kind);
    log(
      isExpected ? error.message : `cannot start: ${error instanceof Error ? error.stack : error}`,
      'error',
    );
    if (error instanceof UsageError) process.stderr.write(HELP);
    process.exit(error instanceof UsageError ? 2 : 1);
  }
}

// Worker threads run this file, too.
if (isAidrWorker()) void import('../workers/inspection-thread.ts');
else void main();

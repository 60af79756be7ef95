/** `aidr-pluginserver`: the process that Kong starts. */
import { placeOf } from '../kong/error-place.ts';
import { type Command, HELP, parseCommandLine, type TcpAddress, UsageError } from './command-line.ts';
import type { Metrics } from './metrics/index.ts';
import { type PluginServer, startPluginServer } from './plugin-server.ts';
import { loadPlugin, PluginError } from './plugins.ts';
import { SocketError } from './unix-socket.ts';

/** Milliseconds; below Kong's 60 s, after which it lets a request pass. */
const REPLY_DEADLINE = 50_000;
/** Milliseconds; as long as a client may take to upload its body. */
const STEP_DEADLINE = 600_000;
/** Milliseconds; Kong's own patience with a plugin server. */
const ABSENCE_DEADLINE = 60_000;
/** Milliseconds that running phases get on SIGTERM; Kong itself waits no longer for its workers. */
const STOP_LIMIT = 10_000;

/** Kong logs this at `info`; what an operator must see goes through `kong.log` inside a phase. */
function log(message: string): void {
  process.stderr.write(`aidr-pluginserver: ${message}\n`);
}

async function run(command: Command): Promise<void> {
  if (command.kind === 'help') {
    process.stdout.write(HELP);
    return;
  }
  if (command.kind === 'dump') {
    const host = await loadPlugin(command.plugin);
    process.stdout.write(`${JSON.stringify([host.info()])}\n`);
    return;
  }
  if (command.kind === 'check') {
    const { runChecks } = await import('./check/index.ts');
    const { report, isOk } = await runChecks(command, process.env);
    process.stdout.write(report);
    process.exitCode = isOk ? 0 : 1;
    return;
  }
  const plugins = await Promise.all(
    command.sockets.map(async ({ plugin, path }) => ({ host: await loadPlugin(plugin), socket: path })),
  );
  const server = await startPluginServer({
    plugins,
    replace: command.replace,
    maxBytesInFlight: command.maxBytesInFlight,
    replyDeadline: REPLY_DEADLINE,
    stepDeadline: STEP_DEADLINE,
    absenceDeadline: ABSENCE_DEADLINE,
    log,
  });
  const metrics = command.metrics && (await startMetrics(command.metrics, server));
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) {
    process.once(signal, () => {
      void metrics?.stop();
      void server.stop(STOP_LIMIT).then(() => process.exit(0));
    });
  }
}

/** Whatever goes wrong with the metrics, the plugins are served; who does not want any pays nothing for them. */
async function startMetrics(address: TcpAddress, server: PluginServer): Promise<Metrics | undefined> {
  try {
    const { serveMetrics } = await import('./metrics/index.ts');
    return serveMetrics(address, server, log);
  } catch (error) {
    log(`metrics: cannot start: ${placeOf(error)}`);
    return undefined;
  }
}

// A bug outside a phase costs nobody's request: the process serves every route.
process.on('unhandledRejection', (reason) => log(`unhandled rejection: ${placeOf(reason)}`));
process.on('uncaughtException', (error) => log(`uncaught exception: ${placeOf(error)}`));

async function main(): Promise<void> {
  try {
    await run(parseCommandLine(process.argv.slice(2)));
  } catch (error) {
    const isExpected =
      error instanceof UsageError || error instanceof PluginError || error instanceof SocketError;
    log(isExpected ? error.message : `cannot start: ${error instanceof Error ? error.stack : error}`);
    if (error instanceof UsageError) process.stderr.write(HELP);
    process.exit(error instanceof UsageError ? 2 : 1);
  }
}

void main();

/** `aidr-kong`: sets the plugins up and checks configurations, on a machine that needs no Kong. */
import packageJson from '../../package.json' with { type: 'json' };
import { UsageError } from '../cli/arguments.ts';
import { runCheck } from '../cli/check/command.ts';
import { type Command, HELP, parseCommandLine } from '../cli/command-line.ts';
import { PolicyError } from '../cli/dry-run/policy-error.ts';
import { batchHookYaml, guardYaml, internalRouteYaml } from '../cli/guard.ts';
import { runInspect } from '../cli/inspect/command.ts';
import { runReplay } from '../cli/replay/command.ts';
import { luaSchema, pluginSchema } from '../config/plugin-schema.ts';
import { errorLocation } from '../kong/error-location.ts';

/** @returns the exit code */
async function run(command: Command): Promise<number> {
  switch (command.kind) {
    case 'help':
      process.stdout.write(HELP);
      return 0;
    case 'version':
      process.stdout.write(`${packageJson.version}\n`);
      return 0;
    case 'schema': {
      const { plugin, form } = command;
      process.stdout.write(
        form === 'lua' ? luaSchema(plugin) : `${JSON.stringify(pluginSchema(plugin), undefined, 2)}\n`,
      );
      return 0;
    }
    case 'guard':
      process.stdout.write(guardYaml(command.directions, command.lenient, command.allowed, command.style));
      return 0;
    case 'batch-hook':
      process.stdout.write(batchHookYaml());
      return 0;
    case 'internal-route':
      process.stdout.write(internalRouteYaml());
      return 0;
    case 'check': {
      const { env, stdin } = process;
      const { version } = packageJson;
      const { output, summary, hasErrors } = await runCheck(command, { env, stdin, version });
      process.stdout.write(output);
      process.stderr.write(summary);
      return hasErrors ? 1 : 0;
    }
    case 'inspect': {
      const { env, stdin } = process;
      const { output, isRefused } = await runInspect(command, { env, stdin });
      process.stdout.write(output);
      return isRefused ? 1 : 0;
    }
    case 'replay': {
      const { env, stdin } = process;
      process.stdout.write(await runReplay(command, { env, stdin }));
      return 0;
    }
  }
}

async function main(): Promise<void> {
  try {
    process.exitCode = await run(parseCommandLine(process.argv.slice(2)));
  } catch (error) {
    const isUsage = error instanceof UsageError;
    const isTold = isUsage || error instanceof PolicyError;
    // A message of a bug may quote what was read.
    process.stderr.write(
      `aidr-kong: ${isTold ? error.message : `internal error: ${errorLocation(error)}`}\n`,
    );
    if (isUsage) process.stderr.write(`\n${HELP}`);
    process.exitCode = isTold ? 2 : 1;
  }
}

void main();

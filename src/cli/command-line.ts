/** `aidr-kong`'s command line. */

import { PROVIDERS } from '../config/api-uri.ts';
import { ALL_PLUGIN_NAMES, PLUGIN_NAMES, type PluginName } from '../config/plugin-name.ts';
import { type Direction, REJECTION_STYLES } from '../config/schema.ts';
import {
  type AllowedExits,
  EXIT_BANDS,
  type ExitBand,
  type GuardStyle,
  guardStyleFor,
} from '../kong/guard-plugin.ts';
import { httpUrl, parseOptions, UsageError } from './arguments.ts';
import type { CheckOptions } from './check/command.ts';
import { DRY_RUN_HELP } from './dry-run/options.ts';
import { type InspectOptions, parseInspect } from './inspect/options.ts';
import { parseReplay, type ReplayOptions } from './replay/options.ts';

export type Command =
  | { kind: 'help' }
  | { kind: 'version' }
  | { kind: 'schema'; plugin: PluginName; form: 'lua' | 'json' }
  | { kind: 'guard'; directions: Direction[]; lenient: boolean; allowed: AllowedExits; style: GuardStyle }
  | { kind: 'batch-hook' }
  | { kind: 'internal-route' }
  | ({ kind: 'check' } & CheckOptions)
  | ({ kind: 'inspect' } & InspectOptions)
  | ({ kind: 'replay' } & ReplayOptions);

export const HELP = `aidr-kong: sets up, checks and tries out the CrowdStrike AIDR plugins for Kong Gateway

  aidr-kong schema [--lua | --json] <plugin>
  aidr-kong guard [--request-only | --response-only] [--lenient] [--allow-exit <where>=<statuses>]
                  [--rejection-style <style>]
  aidr-kong batch-hook
  aidr-kong internal-route
  aidr-kong check [--kong-conf <file> | --kong-conf env] [--strict] [--json | --sarif] [--html <file>] <file>...
  aidr-kong check --admin-url <url> [--admin-token-env <variable>] ...
  aidr-kong inspect --provider <name> [--endpoint <api_uri>] [--path <path>] [--response] [--redact <regex>] ... [<file>]
  aidr-kong replay [--redact <regex>] ... [--json] [--html <file>] <recording>

<plugin> is ${ALL_PLUGIN_NAMES.join(', ')}.

schema prints the schema of a plugin, for control planes that do not run the plugin, such as Konnect:
  --lua                 as schema.lua (the default)
  --json                as JSON

guard prints, as YAML, the post-function plugin that refuses what the plugins did not inspect:
  --request-only        for routes that have only ${PLUGIN_NAMES.request}
  --response-only       for routes that have only ${PLUGIN_NAMES.response}
  --lenient             for routes whose strategy is audit or enforce_but_ignore_on_error: what was not inspected
                        passes, with a line in Kong's log. Do not use it on other routes: a crash of the plugin
                        server, which a caller may be able to cause, would let everything through.
  --allow-exit <where>=<statuses>
                        answers of other plugins that may pass uninspected. <where> is
                        ${EXIT_BANDS.join(', ')}: a plugin that runs after one of the
                        two plugins, or a hit of Kong's proxy-cache. <statuses> is a list such as 402,429 or 5xx,
                        or none. It replaces the default (below-request=3xx,4xx,5xx). Once for each <where>.
  --rejection-style <style>
                        as rejection_style of the plugins beside it: ${REJECTION_STYLES.join(', ')}

batch-hook prints, as YAML, the pre-function plugin that saves the plugins most of their round trips to Kong.

internal-route prints, as YAML, the pre-function plugin that keeps everybody but the relay off an internal route.

check reads what Kong gets: declarative configurations, files of decK, manifests of the Ingress Controller, answers
of the Admin API, as YAML or JSON. Give all files at once; - is standard input. It reports what Kong or a plugin would
refuse, dangerous settings, and what protects which route. It does not resolve vault references.
  --admin-url <url>     read a running Kong by its Admin API, only with GET; a workspace is part of the URL
  --admin-token-env <variable>
                        the environment variable that holds the token of the Admin API, or of Konnect
  --kong-conf <file>    also check this kong.conf
  --kong-conf env       also check the KONG_… environment variables; after a file, they override it
  --strict              treat warnings as errors
  --json                print findings and coverage as JSON
  --sarif               print findings as SARIF 2.1.0
  --html <file>         also write findings and coverage as a page
It exits with 0 if there is no error, with 1 if there is one, and with 2 if it was called wrongly.

inspect shows what the plugins would do with one body or stream: what AIDR gets, what is no text and why, and what goes
on. It reads the file, or standard input, and sends nothing anywhere unless --against says so.
  --provider <name>     ${PROVIDERS.join(', ')}
  --endpoint <api_uri>  as upstream_llm.api_uri; auto is the default
  --path <path>         of the request; some providers' paths name the endpoint and the model
  --response            the body is an answer
  --status <n>          of the answer; 200 is the default
  --content-type <type>, --content-encoding <coding>
                        as the headers say
  --output <file>       where the bytes go that go on instead
  --json                print the explanation as JSON
${DRY_RUN_HELP}
It exits with 0 if the body goes on, with 1 if it is refused, and with 2 if it was called wrongly.

replay shows what the plugins would have done with recorded traffic: a HAR, what Kong's log plugins wrote (one JSON value
a line), or a folder of bodies. What would be blocked, redacted and refused, and how many calls and bytes AIDR would get,
for each route. --policy, --redact and so on are as above.
  --from <kind>         har, kong-log or folder; the default is what the recording looks like
  --provider <name>, --endpoint <api_uri>
                        of what goes to a host that is no known provider
  --route <name>=<provider>[,<api_uri>]
                        of a route or service of Kong, or of all paths below one
  --path <path>         of the requests of a folder
  --show-content        texts and reasons stand in the report; by default, no content does
  --json                print the report as JSON
  --html <file>         also write the report as a page
It exits with 0 if there is a report, and with 2 if it was called wrongly or nothing can be read.

  --help                print this
  --version             print the version
`;

/** @throws UsageError */
export function parseCommandLine(args: string[]): Command {
  const [command, ...rest] = args;
  switch (command) {
    case undefined:
      throw new UsageError(
        'give a command: schema, guard, batch-hook, internal-route, check, inspect or replay',
      );
    case 'schema':
      return parseSchema(rest);
    case 'guard':
      return parseGuard(rest);
    case 'batch-hook':
      return parsePrinted('batch-hook', rest);
    case 'internal-route':
      return parsePrinted('internal-route', rest);
    case 'check':
      return parseCheck(rest);
    case 'inspect': {
      const options = parseInspect(rest);
      return options ? { kind: 'inspect', ...options } : { kind: 'help' };
    }
    case 'replay': {
      const options = parseReplay(rest);
      return options ? { kind: 'replay', ...options } : { kind: 'help' };
    }
    default:
      return parseNone(args);
  }
}

function parseNone(args: string[]): Command {
  const { values, positionals } = parseOptions(args, { version: { type: 'boolean' } });
  if (values.help) return { kind: 'help' };
  if (positionals.length === 0 && values.version) return { kind: 'version' };
  throw new UsageError(
    `unknown command ${positionals[0] ?? ''}: the commands are schema, guard, batch-hook, internal-route, check, inspect and replay`,
  );
}

function parseSchema(args: string[]): Command {
  const { values, positionals } = parseOptions(args, { lua: { type: 'boolean' }, json: { type: 'boolean' } });
  if (values.help) return { kind: 'help' };
  if (values.lua && values.json) throw new UsageError('--lua and --json cannot be combined');
  const given = onlyOne(positionals, 'the name of a plugin');
  const plugin = ALL_PLUGIN_NAMES.find((name) => name === given);
  if (!plugin) throw new UsageError(`schema takes one of ${ALL_PLUGIN_NAMES.join(', ')}`);
  return { kind: 'schema', plugin, form: values.json ? 'json' : 'lua' };
}

function parseGuard(args: string[]): Command {
  const { values, positionals } = parseOptions(args, {
    'request-only': { type: 'boolean' },
    'response-only': { type: 'boolean' },
    lenient: { type: 'boolean' },
    'allow-exit': { type: 'string', multiple: true },
    'rejection-style': { type: 'string', default: 'provider' },
  });
  if (values.help) return { kind: 'help' };
  if (positionals.length > 0) throw new UsageError(`guard takes no argument, not ${positionals[0]}`);
  if (values['request-only'] && values['response-only'])
    throw new UsageError('--request-only and --response-only cannot be combined');
  const directions = (['request', 'response'] as const).filter(
    (direction) => !values[direction === 'request' ? 'response-only' : 'request-only'],
  );
  const allowed = parseAllowedExits(values['allow-exit'] ?? []);
  if (values['request-only'] && values['allow-exit'])
    throw new UsageError('--allow-exit is about answers, so it cannot be combined with --request-only');
  const given = values['rejection-style'];
  if (!REJECTION_STYLES.some((style) => style === given))
    throw new UsageError(`--rejection-style takes one of ${REJECTION_STYLES.join(', ')}, not ${given}`);
  return {
    ...{ kind: 'guard', directions, lenient: values.lenient ?? false, allowed },
    style: guardStyleFor(given),
  };
}

const STATUSES = /^(none|[1-5](\d\d|xx)(,[1-5](\d\d|xx))*)$/;

/** @param given `<band>=<statuses>` each */
function parseAllowedExits(given: string[]): AllowedExits {
  const allowed: AllowedExits = {};
  for (const one of given) {
    const [where, statuses = ''] = one.split('=');
    const band = EXIT_BANDS.find((each: ExitBand) => each === where);
    if (!band || !STATUSES.test(statuses))
      throw new UsageError(`--allow-exit takes a value such as below-response=402,429, not ${one}`);
    if (allowed[band] !== undefined) throw new UsageError(`--allow-exit ${band} is given twice`);
    allowed[band] = statuses === 'none' ? '' : statuses.replaceAll(',', ' ');
  }
  return allowed;
}

function parsePrinted(kind: 'batch-hook' | 'internal-route', args: string[]): Command {
  const { values, positionals } = parseOptions(args, {});
  if (values.help) return { kind: 'help' };
  if (positionals.length > 0) throw new UsageError(`${kind} takes no argument, not ${positionals[0]}`);
  return { kind };
}

function parseCheck(args: string[]): Command {
  const { values, positionals: files } = parseOptions(args, {
    'admin-url': { type: 'string' },
    'admin-token-env': { type: 'string' },
    'kong-conf': { type: 'string', multiple: true },
    strict: { type: 'boolean' },
    json: { type: 'boolean' },
    sarif: { type: 'boolean' },
    html: { type: 'string' },
  });
  if (values.help) return { kind: 'help' };
  const { json, sarif, html, 'admin-url': url, 'admin-token-env': tokenVariable } = values;
  if (json && sarif) throw new UsageError('--json and --sarif cannot be combined');
  if (tokenVariable !== undefined && url === undefined)
    throw new UsageError('--admin-token-env is about --admin-url, which is missing');
  if (url === undefined && (files.length === 0 || files.includes('')))
    throw new UsageError('the path of a configuration is needed, or --admin-url');
  if (files.filter((file) => file === '-').length > 1) throw new UsageError('- can be given once');
  return {
    kind: 'check',
    files,
    ...(url === undefined
      ? {}
      : {
          admin: {
            url: httpUrl('--admin-url', url),
            ...(tokenVariable === undefined ? {} : { tokenVariable }),
          },
        }),
    settings: values['kong-conf'] ?? [],
    strict: values.strict ?? false,
    form: sarif ? 'sarif' : json ? 'json' : 'text',
    ...(html === undefined ? {} : { html }),
  };
}

function onlyOne(positionals: string[], what: string): string {
  const [first, second] = positionals;
  if (first === undefined || first === '') throw new UsageError(`${what} is needed`);
  if (second !== undefined) throw new UsageError(`one argument too many: ${second}`);
  return first;
}

/** Configurations for tests: two plugins and a guard that give no cause for complaint, and what was changed. */
import { stringify } from 'yaml';
import { sentence } from '../src/cli/check/finding.ts';
import { check } from '../src/cli/check/index.ts';
import type { Settings } from '../src/cli/check/settings.ts';
import { PLUGIN_NAMES } from '../src/config/plugin-name.ts';
import type { Direction } from '../src/config/schema.ts';
import { guardPlugin } from '../src/kong/guard-plugin.ts';

interface Plugin {
  name: string;
  config?: unknown;
  [field: string]: unknown;
}

export const GUARD: Plugin = { ...guardPlugin(['request', 'response'], false) };
export const LENIENT_GUARD: Plugin = { ...guardPlugin(['request', 'response'], true) };

/** The header filter of a guard that looked at the upstream's answers alone. */
export const OLDER_HEADER_FILTER = `if kong.response.get_source() == "service"
  and not kong.ctx.shared.crowdstrike_aidr_response then
  return kong.response.exit(503, "{}")
end
`;

export function aidr(
  direction: Direction,
  config: Record<string, unknown> = {},
  fields: object = {},
): Plugin {
  const base = {
    ai_guard_api_key: '{vault://env/token}',
    upstream_llm: { provider: 'openai', api_uri: 'auto' },
  };
  return { name: PLUGIN_NAMES[direction], config: { ...base, ...config }, ...fields };
}

/** A service `s` with the route `r`. */
export function service(plugins: Plugin[], route: object = {}, fields: object = {}): object {
  return { services: [{ name: 's', plugins, routes: [{ name: 'r', ...route }], ...fields }] };
}

/** Both plugins with the same configuration, and further ones. */
export function both(config: Record<string, unknown>, ...further: Plugin[]): object {
  return service([aidr('request', config), aidr('response', config), GUARD, ...further]);
}

/** @returns the report, without the file's name, lines and codes */
export function reportOf(configuration: object, settings?: Settings): string[] {
  const text = stringify({ _format_version: '3.0', ...configuration });
  return check([{ file: 'k', text }], settings).findings.map((finding) =>
    `${finding.level}  ${sentence(finding)}`.replaceAll('k services', 'services'),
  );
}

/** What a post-function does about our marks, read from its Lua. */

import type { Direction } from '../../config/schema.ts';
import {
  EXIT_BANDS,
  type ExitBand,
  type GuardStyle,
  guardPlugin,
  guardStyleFor,
  MARKERS,
} from '../../kong/guard-plugin.ts';
import { type PluginEntity, stringsOf, type Table } from './model.ts';

/** What happens to traffic that a direction did not mark: it is refused, it passes with a note, or nobody looks. */
type Hold = 'refuses' | 'notes' | 'none';

export interface GuardReading extends Record<Direction, Hold> {
  /** Whether it leaves the guard's own passed-marker. */
  markers: boolean;
  /** The statuses with which other plugins may answer by themselves; absent where it does not look at such answers. */
  exits?: Record<ExitBand, string>;
  /** Of its refusals. */
  style: GuardStyle;
  /** Whether its Lua is what this version prints, but for the settings at its beginning. */
  isUnchanged: boolean;
}

/** The phase in which each plugin's passed-marker is due. */
const PHASES: Record<Direction, string> = { request: 'access', response: 'header_filter' };

export function readGuard(plugin: PluginEntity): GuardReading {
  const exits = exitsOf(plugin);
  return {
    ...(exits ? { exits } : {}),
    request: holdOf(plugin, 'request'),
    response: holdOf(plugin, 'response'),
    markers: functionsOf(plugin, 'access').some((lua) => names(lua, MARKERS.guard)),
    style: styleOf(plugin),
    isUnchanged: isPrinted(plugin.config),
  };
}

export function isGuard(plugin: PluginEntity): boolean {
  const { request, response, markers } = readGuard(plugin);
  return markers || request !== 'none' || response !== 'none';
}

/** Without comments, and in one line: a guard that is commented out is none. */
export function bareLua(lua: string): string {
  return lua
    .replace(/--\[(=*)\[.*?\]\1\]|--[^\n]*/gs, '')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Whether a function is one of those that `aidr-kong guard` prints. */
export function isGuardLua(lua: string): boolean {
  return PRINTED.has(withoutSettings(lua));
}

function holdOf(plugin: PluginEntity, direction: Direction): Hold {
  const looking = functionsOf(plugin, PHASES[direction]).filter((lua) => names(lua, MARKERS[direction]));
  if (looking.length === 0) return 'none';
  return looking.some(isRefusing) ? 'refuses' : 'notes';
}

function exitsOf(plugin: PluginEntity): Record<ExitBand, string> | undefined {
  const lua = functionsOf(plugin, PHASES.response).find((one) => names(one, MARKERS.exits));
  if (lua === undefined) return undefined;
  const statuses = (band: ExitBand) =>
    new RegExp(`\\blocal ${band.replace('-', '_')} = "([^"]*)"`).exec(lua)?.[1] ?? '';
  return Object.fromEntries(EXIT_BANDS.map((band) => [band, statuses(band)])) as Record<ExitBand, string>;
}

function styleOf(plugin: PluginEntity): GuardStyle {
  const lua = Object.values(PHASES).flatMap((phase) => functionsOf(plugin, phase));
  const found = lua.flatMap((one) => STYLE.exec(one)?.[1] ?? []);
  return guardStyleFor(found[0]);
}

const STYLE = /\blocal style = "([^"]*)"/;

function isRefusing(lua: string): boolean {
  return /\bkong\.response\.(exit|error)\b/.test(lua) && !/\blenient = true\b/.test(lua);
}

function functionsOf({ config }: PluginEntity, phase: string): string[] {
  return stringsOf(config[phase]).map(bareLua);
}

function names(lua: string, marker: string): boolean {
  return new RegExp(`\\b${marker}\\b`).test(lua);
}

const GUARDS = [guardPlugin(['request', 'response'], false), guardPlugin(['response'], false)];
const PRINTED = new Set(
  GUARDS.flatMap(({ config }) => Object.values(config).flat())
    .filter((lua) => typeof lua === 'string')
    .map(withoutSettings),
);

function withoutSettings(lua: string): string {
  return bareLua(lua)
    .replace(/\b(local lenient) = (?:true|false)\b/, '$1')
    .replace(/\b(local style) = "[^"]*"/, '$1')
    .replace(/\blocal (below_request|below_response|proxy_cache) = "[^"]*"/g, 'local $1');
}

/** Whether it has a whole guard of this version; functions beside it are somebody else's. */
function isPrinted(config: Table): boolean {
  return (
    GUARDS.some((printed) =>
      Object.entries(printed.config).every(([phase, [lua]]) =>
        stringsOf(config[phase]).some((own) => withoutSettings(own) === withoutSettings(lua ?? '')),
      ),
    ) || isPrintedForPrompts(config)
  );
}

function isPrintedForPrompts(config: Table): boolean {
  if (stringsOf(config.header_filter).some((lua) => names(bareLua(lua), MARKERS.response))) return false;
  const [lua = ''] = guardPlugin(['request'], false).config.access;
  return stringsOf(config.access).some((own) => withoutSettings(own) === withoutSettings(lua));
}

/** What a post-function does about our marks, read from its Lua. */

import type { Direction } from '../../config/schema.ts';
import { EXIT_BANDS, type ExitBand, MARKERS } from '../../kong/guard-plugin.ts';
import type { PluginEntity } from './model.ts';

/** What happens to traffic that a direction did not mark: it is refused, it passes with a note, or nobody looks. */
type Hold = 'refuses' | 'notes' | 'none';

export interface GuardReading extends Record<Direction, Hold> {
  /** Whether it leaves the guard's own passed-marker. */
  markers: boolean;
  /** The statuses with which other plugins may answer by themselves; absent where it does not look at such answers. */
  exits?: Record<ExitBand, string>;
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
  };
}

export function isGuard(plugin: PluginEntity): boolean {
  const { request, response, markers } = readGuard(plugin);
  return markers || request !== 'none' || response !== 'none';
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
    new RegExp(`^local ${band.replace('-', '_')} = "([^"]*)"`, 'm').exec(lua)?.[1] ?? '';
  return Object.fromEntries(EXIT_BANDS.map((band) => [band, statuses(band)])) as Record<ExitBand, string>;
}

function isRefusing(lua: string): boolean {
  return /\bkong\.response\.(exit|error)\b/.test(lua) && !/\blenient = true\b/.test(lua);
}

/** Without comments: a guard that is commented out is none. */
function functionsOf({ config }: PluginEntity, phase: string): string[] {
  const texts = [config[phase]].flat().filter((text) => typeof text === 'string');
  return texts.map((lua) => lua.replace(/--\[(=*)\[.*?\]\1\]|--[^\n]*/gs, ''));
}

function names(lua: string, marker: string): boolean {
  return new RegExp(`\\b${marker}\\b`).test(lua);
}

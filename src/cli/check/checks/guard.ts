/** Kong lets traffic through when a plugin fails; only the guard holds it, and only where it runs. */
import { PLUGIN_NAMES } from '../../../config/plugin-name.ts';
import type { Direction } from '../../../config/schema.ts';
import { guardStyleFor } from '../../../kong/guard-plugin.ts';
import type { Finding, Level } from '../finding.ts';
import { type GuardReading, isGuard, readGuard } from '../guard-markers.ts';
import type { Deployment, PluginEntity, Traffic } from '../model.ts';
import type { Place } from '../place.ts';
import { DIRECTIONS, isInspected, pluginOf, strategyOf } from '../plugin-of.ts';

const SUBJECTS: Record<Direction, string> = { request: 'prompts', response: 'answers' };
const ADD_GUARD = 'add what `aidr-kong guard` prints';

export function guard({ traffic }: Deployment): Finding[] {
  return traffic.flatMap(guardOf);
}

function guardOf(traffic: Traffic): Finding[] {
  const [guard, ...replaced] = traffic.candidates('post-function');
  if (!guard) {
    return isInspected(traffic)
      ? [missing('guard-missing', traffic, traffic.place, 'there is no guard')]
      : [];
  }
  if (isGuard(guard)) {
    const reading = readGuard(guard);
    return [
      ...DIRECTIONS.flatMap((direction) => directionOf(direction, reading, guard, traffic)),
      ...ownMarker(reading, guard, traffic),
      ...outdated(reading, guard, traffic),
      ...allowedExits(reading, guard, traffic),
      ...otherStyle(reading, guard, traffic),
    ];
  }
  if (!isInspected(traffic)) return [];
  const hidden = replaced.find(isGuard);
  const why = hidden
    ? `it replaces the guard, ${hidden.place}, on ${traffic.place}`
    : `on ${traffic.place} it is not a guard`;
  return [missing('guard-replaced', traffic, guard.place, why)];
}

function missing(
  code: 'guard-missing' | 'guard-replaced' | 'guard-incomplete',
  traffic: Traffic,
  place: Place,
  why: string,
): Finding {
  const problem = `${why}: when the plugin server is down, traffic passes uninspected`;
  return { code, level: levelOf(traffic), place, problem, remedy: ADD_GUARD };
}

/** What promises to hold uninspected traffic, and does not, is wrong; elsewhere it may be meant. */
function levelOf(traffic: Traffic): Level {
  const plugins = DIRECTIONS.flatMap((direction) => pluginOf(traffic, direction) ?? []);
  return plugins.some((plugin) => strategyOf(plugin) === 'enforce') ? 'error' : 'warning';
}

function directionOf(
  direction: Direction,
  reading: GuardReading,
  { place }: PluginEntity,
  traffic: Traffic,
): Finding[] {
  const plugin = pluginOf(traffic, direction);
  const [hold, subject] = [reading[direction], SUBJECTS[direction]];
  const name = plugin?.name ?? PLUGIN_NAMES[direction];
  if (!plugin) {
    if (hold !== 'refuses') return [];
    const problem = `it refuses all ${subject} of ${traffic.place}, where no ${name} marks them`;
    const remedy = 'add the plugin, or `aidr-kong guard` for the other one only';
    return [{ code: 'guard-without-plugin', level: 'warning', place, problem, remedy }];
  }
  if (hold === 'none') {
    const why = `it does not look for the passed-marker of ${name} on ${traffic.place}`;
    return [missing('guard-incomplete', traffic, place, why)];
  }
  const isLenient = strategyOf(plugin) !== 'enforce';
  if (hold === 'notes' && !isLenient) {
    const problem = `it lets ${subject} pass uninspected that ${plugin.place} would refuse`;
    const remedy = 'use `aidr-kong guard` without --lenient';
    return [{ code: 'guard-lenient', level: 'error', place, problem, remedy }];
  }
  if (hold === 'refuses' && isLenient) {
    const problem = `when the plugin server is down it refuses ${subject} that ${plugin.place} would let pass`;
    const remedy = '`aidr-kong guard --lenient` lets them pass';
    return [{ code: 'guard-strict', level: 'info', place, problem, remedy }];
  }
  return [];
}

function ownMarker(reading: GuardReading, { place }: PluginEntity, traffic: Traffic): Finding[] {
  const plugin = pluginOf(traffic, 'response');
  if (reading.markers || !plugin) return [];
  const problem = `it lacks the guard's own passed-marker, so ${plugin.name} will report that there is no guard`;
  return [{ code: 'guard-marker', level: 'warning', place, problem, remedy: ADD_GUARD }];
}

/** Guards of before looked at the upstream's answers alone. */
function outdated(reading: GuardReading, { place }: PluginEntity, traffic: Traffic): Finding[] {
  const remedy = 'replace it with what `aidr-kong guard` prints';
  if (!reading.exits && reading.response !== 'none' && pluginOf(traffic, 'response')) {
    const problem = 'it is older than this version: what another plugin answers by itself passes uninspected';
    return [{ code: 'guard-outdated', level: 'warning', place, problem, remedy }];
  }
  if (reading.isUnchanged || !isInspected(traffic)) return [];
  const problem = 'its Lua is not the one of this version, so this check cannot say what it lets pass';
  return [{ code: 'guard-changed', level: 'warning', place, problem, remedy }];
}

function allowedExits({ exits }: GuardReading, { place }: PluginEntity, traffic: Traffic): Finding[] {
  if (!exits || !pluginOf(traffic, 'response')) return [];
  const statuses = Object.values(exits).join(' ');
  if (!/(?:^| )2/.test(statuses)) return [];
  const problem = 'it lets what other plugins answer by themselves with 2xx pass uninspected';
  const remedy = 'use `aidr-kong guard` without --allow-exit, unless that is meant';
  return [{ code: 'permissive-setting', level: 'info', place, problem, remedy }];
}

/** Only stealth hides something; otherwise clients read more or less of the same. */
function otherStyle(
  { style, isUnchanged }: GuardReading,
  { place }: PluginEntity,
  traffic: Traffic,
): Finding[] {
  const plugins = DIRECTIONS.flatMap((direction) => pluginOf(traffic, direction) ?? []);
  const styles = plugins.map(({ config }) => guardStyleFor(config.rejection_style));
  const wanted = styles.find((one) => one === 'stealth') ?? styles.find((one) => one !== style);
  if (!isUnchanged || !wanted || wanted === style) return [];
  const problem = `its refusals have the style ${style}, and those of the plugins on ${traffic.place} ${wanted}`;
  const remedy = `use \`aidr-kong guard --rejection-style ${wanted}\``;
  return [{ code: 'guard-style', level: wanted === 'stealth' ? 'warning' : 'info', place, problem, remedy }];
}

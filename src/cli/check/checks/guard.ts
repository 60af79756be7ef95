/** Kong lets traffic through when a plugin fails; only the guard holds it, and only where it runs. */
import { PLUGIN_NAMES } from '../../../config/plugin-name.ts';
import type { Direction } from '../../../config/schema.ts';
import type { Finding } from '../finding.ts';
import { type GuardReading, isGuard, readGuard } from '../guard-markers.ts';
import type { Deployment, PluginEntity, Traffic } from '../model.ts';

const DIRECTIONS: Direction[] = ['request', 'response'];
const SUBJECTS: Record<Direction, string> = { request: 'prompts', response: 'answers' };

export function guard({ traffic }: Deployment): Finding[] {
  return traffic.flatMap(guardOf);
}

function guardOf(traffic: Traffic): Finding[] {
  const { place } = traffic;
  const isProtected = DIRECTIONS.some((direction) => pluginOf(traffic, direction));
  const [guard, ...replaced] = traffic.candidates('post-function');
  if (!guard) return isProtected ? [missing(place, 'there is no guard')] : [];
  if (isGuard(guard)) {
    const reading = readGuard(guard);
    return [
      ...DIRECTIONS.flatMap((direction) => directionOf(direction, reading, guard, traffic)),
      ...ownMarker(reading, guard, traffic),
      ...exits(reading, guard, traffic),
    ];
  }
  if (!isProtected) return [];
  const hidden = replaced.find(isGuard);
  const why = hidden
    ? `it replaces the guard, ${hidden.place}, on ${place}`
    : `on ${place} it is not a guard`;
  return [missing(guard.place, why)];
}

function missing(place: string, why: string): Finding {
  return {
    level: 'warning',
    place,
    problem: `${why}: when the plugin server is down, traffic passes uninspected`,
    remedy: 'add what `aidr-kong guard` prints',
  };
}

function directionOf(
  direction: Direction,
  reading: GuardReading,
  { place }: PluginEntity,
  traffic: Traffic,
): Finding[] {
  const plugin = pluginOf(traffic, direction);
  const [hold, subject, name] = [reading[direction], SUBJECTS[direction], PLUGIN_NAMES[direction]];
  if (!plugin) {
    if (hold !== 'refuses') return [];
    const problem = `it refuses all ${subject} of ${traffic.place}, where no ${name} marks them`;
    return [
      {
        level: 'warning',
        place,
        problem,
        remedy: 'add the plugin, or `aidr-kong guard` for the other one only',
      },
    ];
  }
  if (hold === 'none')
    return [missing(place, `it does not look for the passed-marker of ${name} on ${traffic.place}`)];
  const isLenient = passesOnFailure(plugin);
  if (hold === 'notes' && !isLenient) {
    const problem = `it lets ${subject} pass uninspected that ${plugin.place} would refuse`;
    return [{ level: 'warning', place, problem, remedy: 'use `aidr-kong guard` without --lenient' }];
  }
  if (hold === 'refuses' && isLenient) {
    const problem = `when the plugin server is down it refuses ${subject} that ${plugin.place} would let pass`;
    return [{ level: 'info', place, problem, remedy: '`aidr-kong guard --lenient` lets them pass' }];
  }
  return [];
}

function ownMarker(reading: GuardReading, { place }: PluginEntity, traffic: Traffic): Finding[] {
  if (reading.markers || !pluginOf(traffic, 'response')) return [];
  const problem = `it lacks the guard's own passed-marker, so ${PLUGIN_NAMES.response} will report that there is no guard`;
  return [{ level: 'warning', place, problem, remedy: 'add what `aidr-kong guard` prints' }];
}

/** Guards of before looked at the upstream's answers alone. */
function exits(reading: GuardReading, { place }: PluginEntity, traffic: Traffic): Finding[] {
  if (reading.exits || reading.response === 'none' || !pluginOf(traffic, 'response')) return [];
  const problem = 'it is older than this version: what another plugin answers by itself passes uninspected';
  return [{ level: 'warning', place, problem, remedy: 'replace it with what `aidr-kong guard` prints' }];
}

function passesOnFailure({ config }: PluginEntity): boolean {
  return (config.enforcing_strategy ?? 'enforce') !== 'enforce';
}

function pluginOf(traffic: Traffic, direction: Direction): PluginEntity | undefined {
  return traffic.candidates(PLUGIN_NAMES[direction])[0];
}

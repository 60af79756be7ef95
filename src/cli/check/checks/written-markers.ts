/** Lua of somebody else's that writes a passed-marker: what it marks, nobody has inspected. */

import { MARKERS, REFUSAL } from '../../../kong/guard-plugin.ts';
import { BATCH_HOOK_LUA } from '../../../kong/lua/lua-files.ts';
import type { Finding } from '../finding.ts';
import { bareLua, isGuardLua } from '../guard-markers.ts';
import { isInternalRouteCheck } from '../internal-route.ts';
import { type Deployment, stringsOf } from '../model.ts';

/** What only the plugins leave. */
const MARKS = writes(MARKERS.request, MARKERS.response, MARKERS.relay);
/** What the guard and the batch hook write as well, those of other versions too. */
const STATE = writes(MARKERS.exits, MARKERS.prompt, MARKERS.internalRoute, REFUSAL);
const HOOK = bareLua(BATCH_HOOK_LUA);

/** By assignment, or by a function that takes the name. */
function writes(...names: string[]): RegExp {
  return new RegExp(`\\b(?:${names.join('|')})\\b(?:["']?\\]? ?=(?!=)|["'] ?,)`);
}

export function writtenMarkers({ configuration }: Deployment): Finding[] {
  return configuration.plugins.flatMap(({ place, config }): Finding[] => {
    const phases = Object.keys(config).filter((phase) => stringsOf(config[phase]).some(isMarking));
    return phases.map((phase) => ({
      code: 'marker-written',
      level: 'error',
      place: place.at('config', phase),
      problem: 'it writes a passed-marker, so the guard lets pass what nobody has inspected',
      remedy: 'take it out',
    }));
  });
}

function isMarking(lua: string): boolean {
  const bare = bareLua(lua);
  if (bare === HOOK || isGuardLua(lua) || isInternalRouteCheck(lua)) return false;
  const isOfOurs = bare.includes('expect_answer') || bare.includes(MARKERS.guard);
  return MARKS.test(bare) || (!isOfOurs && STATE.test(bare));
}

/** Lua of somebody else's that writes a passed-marker: what it marks, nobody has inspected. */
import { MARKERS } from '../../../kong/guard-plugin.ts';
import type { Finding } from '../finding.ts';
import { bareLua } from '../guard-markers.ts';
import { type Deployment, stringsOf } from '../model.ts';

const NAMES = [MARKERS.request, MARKERS.response, MARKERS.relayed].join('|');
/** By assignment, or by a function that takes the name. */
const WRITES = new RegExp(`\\b(?:${NAMES})\\b(?:["']?\\]? ?=(?!=)|["'] ?,)`);

export function writtenMarkers({ configuration }: Deployment): Finding[] {
  return configuration.plugins.flatMap(({ place, config }): Finding[] => {
    const phases = Object.keys(config).filter((phase) =>
      stringsOf(config[phase]).some((lua) => WRITES.test(bareLua(lua))),
    );
    return phases.map((phase) => ({
      code: 'marker-written',
      level: 'error',
      place: place.at('config', phase),
      problem: 'it writes a passed-marker, so the guard lets pass what nobody has inspected',
      remedy: 'take it out',
    }));
  });
}

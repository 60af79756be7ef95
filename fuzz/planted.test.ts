import { expect, it } from 'vitest';
import { readRequest, readResponse, readStreamOrList } from '../src/formats/read.ts';
import { routeFormats } from '../src/formats/registry.ts';
import { isObject } from '../src/formats/segment.ts';
import { plantEverywhere } from '../testkit/formats/plant-everywhere.ts';
import { bodies, STREAMS } from '../testkit/samples/index.ts';
import type { Route } from '../testkit/samples/sample.ts';

function formatsOf({ route }: Route) {
  const formats = routeFormats(...route);
  if (!formats) throw new Error(`no format for ${route.join(' ')}`);
  return formats;
}

it.each(bodies.map((sample) => [sample.direction, sample.name, sample] as const))(
  'words in any leaf of a body are seen, or it is refused: %s, %s',
  (direction, _name, sample) => {
    const formats = formatsOf(sample);
    const { kinds, unseen } = plantEverywhere(sample.body, (body) =>
      direction === 'request' && isObject(body)
        ? readRequest(formats, body, sample.path)
        : readResponse(formats, body, sample.path),
    );
    expect(kinds.size).toBeGreaterThan(0);
    expect(unseen).toEqual([]);
  },
);

it.each(STREAMS.map((sample) => [sample.name, sample] as const))(
  'words in any leaf of a stream are seen, or it is refused: %s',
  (_name, sample) => {
    const formats = formatsOf(sample);
    const values = sample.events.map(({ value }) => value);
    const { unseen } = plantEverywhere(values, (planted) => {
      const now = Array.isArray(planted) ? planted : [];
      const events = sample.events.map((event, index) => ({ ...event, value: now[index] }));
      return readStreamOrList(formats, events, sample.path);
    });
    expect(unseen).toEqual([]);
  },
);

import { expect, it } from 'vitest';
import { readRequest } from '../../src/formats/read.ts';
import { routeFormats } from '../../src/formats/registry.ts';
import { isObject } from '../../src/formats/segment.ts';
import { plantEverywhere } from '../../testkit/formats/plant-everywhere.ts';
import { LEAVES, ROUTES, type Route } from './leaves.ts';

const TABLE = (Object.keys(LEAVES) as Route[]).flatMap((route) =>
  LEAVES[route].map(([name, body]) => [route, name, body] as const),
);

it.each(TABLE)('words of any kind are seen there, and around it: %s, %s', (route, _name, body) => {
  const [provider, apiUri, path] = ROUTES[route];
  const formats = routeFormats(provider, apiUri);
  const { kinds, unseen } = plantEverywhere(body('words'), (planted) =>
    readRequest(formats ?? { configured: [], all: [] }, isObject(planted) ? planted : {}, path),
  );
  expect(kinds.size).toBeGreaterThan(2);
  expect(unseen).toEqual([]);
});

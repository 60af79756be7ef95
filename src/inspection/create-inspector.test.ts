import { describe, expect, it } from 'vitest';
import { createInspector } from './create-inspector.ts';

const idWith = (more: object) =>
  createInspector(
    { ai_guard_api_key: 'pts_demo', upstream_llm: { provider: 'openai', api_uri: 'auto' }, ...more },
    'request',
  ).inspector.id;

/** A table of Lua, which has no order. */
const reversed = (map: object) => Object.fromEntries(Object.entries(map).reverse());

describe("an inspector's id", () => {
  it.each([
    ['extra_info', { a: '1', b: '2', app_group: 'x' }],
    ['metadata_from_headers', { session_id: 'x-a', hostname: 'x-b', user_name: 'x-c' }],
  ])('is the same for the same %s in another order, and another one for another', (field, map) => {
    const [first = '', ...others] = Object.keys(map);
    expect(idWith({ [field]: reversed(map) })).toBe(idWith({ [field]: map }));
    expect(others).not.toEqual([]);
    expect(idWith({ [field]: { ...map, [first]: 'other' } })).not.toBe(idWith({ [field]: map }));
  });
});

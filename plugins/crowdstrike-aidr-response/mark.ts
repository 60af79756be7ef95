import { MARKS } from '../../src/config/guard-plugin.ts';

/** What this leg leaves for the guard. */
export const RESPONSE_MARK = { key: MARKS.response, value: '1' };

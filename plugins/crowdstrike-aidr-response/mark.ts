import { MARKS } from '../../src/config/guard-plugin.ts';

/** What this leg leaves for the guard in the response phase. */
export const RESPONSE_MARK = { key: MARKS.response, value: '1' };

/** What it leaves in access, where the upstream's answer is to go out unread or through the relay, and no other one. */
export const UPSTREAM_MARK = { key: MARKS.response, value: 'upstream' };

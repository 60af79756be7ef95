import { MARKERS } from '../../src/kong/guard-plugin.ts';

/** What this direction leaves for the guard in the response phase. */
export const RESPONSE_MARKER = { key: MARKERS.response, value: '1' };

/** What it leaves in access, where the upstream's answer is to go out unread or through the relay, and no other one. */
export const UPSTREAM_MARKER = { key: MARKERS.response, value: 'upstream' };

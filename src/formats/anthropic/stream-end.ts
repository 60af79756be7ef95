/**
 * | API | last event |
 * |---|---|
 * | Messages, Complete | `error` |
 *
 * @see https://docs.anthropic.com/en/docs/build-with-claude/streaming#error-events
 */
import { type StreamEnd, typeOfEvent } from '../stream-end-contract.ts';

/** Not by its `ping`: others keep their streams alive with such events too. */
const OWN_EVENTS = /^(?:message_start|content_block_|completion$)/;

/** After any other error in a stream Claude Code asks once more without one, several times. */
const DETAILS = { error_code: 'dlp_request_denied' };

export const STREAM_ENDS: readonly StreamEnd[] = [
  {
    isOurs: (event) => OWN_EVENTS.test(typeOfEvent(event)),
    lastEvents: (_seen, message) => [
      {
        name: 'error',
        value: { type: 'error', error: { type: 'invalid_request_error', message, details: DETAILS } },
      },
    ],
  },
];

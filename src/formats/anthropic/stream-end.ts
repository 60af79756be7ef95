/**
 * | API | last event |
 * |---|---|
 * | Messages, Complete | `error` |
 *
 * @see https://docs.anthropic.com/en/docs/build-with-claude/streaming#error-events
 */
import { errorEvent, type StreamEnd, typeOfEvent } from '../stream-end-contract.ts';

/** Not by its `ping`: others keep their streams alive with such events too. */
const OWN_EVENTS = /^(?:message_start|content_block_|completion$)/;

export const STREAM_ENDS: readonly StreamEnd[] = [
  { isOurs: (event) => OWN_EVENTS.test(typeOfEvent(event)), lastEvents: errorEvent },
];

/** Whether a request wants its answer as a stream, as the providers spell it. */
import { isObject } from './segment.ts';

/** Gemini and Bedrock say it in the path, all others in the body. */
const STREAM_PATHS = /(?:(?::|%3A)stream\w+|\/converse-stream|\/invoke-with-response-stream)$/i;

/** @param body the request's parsed body, if it has one */
export function asksForStream(body: unknown, path: string): boolean {
  return STREAM_PATHS.test(path) || (isObject(body) && body.stream === true);
}

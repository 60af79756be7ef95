/** Whether a request wants its answer as a stream, as the providers spell it. */
import { isObject } from './segment.ts';

/** Gemini and Bedrock say it in the path, all others in the body. */
const STREAM_PATHS = /(?:(?::|%3A)stream\w+|\/converse-stream|\/invoke-with-response-stream)$/i;

/** Some take any value but `false` for yes, `null` and 0 included: Kong's ai-proxy does. */
export function mayStream(body: unknown): boolean {
  return isObject(body) && body.stream !== undefined && body.stream !== false;
}

/** @param body the request's parsed body, if it has one */
export function asksForStream(body: unknown, path: string): boolean {
  return STREAM_PATHS.test(path) || (isObject(body) && body.stream === true);
}

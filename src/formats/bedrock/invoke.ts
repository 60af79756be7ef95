/**
 * Amazon Bedrock InvokeModel and InvokeModelWithResponseStream: the body is the model's own API.
 *
 * Which one that is, its shape says: the model's id can be an inference profile or an ARN. Whatever the family, a
 * guardrail adds its trace to the answer.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html
 */
import type { StreamEvent } from '../../body/stream/document.ts';
import type { BodyFormat } from '../format.ts';
import { isObject, type JsonObject } from '../segment.ts';
import { either } from '../shape.ts';
import { emptied, readTrace } from './guardrail-trace.ts';
import { ADDED } from './model-shapes.ts';

/** A family's format, and which of the requests that it could read are this family's. */
export interface Family {
  format: BodyFormat;
  isRequest?: (body: JsonObject) => boolean;
}

/** @param families the first that recognises a body reads it, so the strictest come first */
export function invokeModel(families: readonly Family[]): BodyFormat {
  const requestKeys = new Set(families.flatMap(({ format }) => [...format.requestKeys]));
  const shapes = [ADDED, ...families.flatMap(({ format }) => format.shapes ?? [])];
  return {
    name: 'bedrock.invoke',

    requestKeys: new Set([...requestKeys, GUARDRAIL_CONFIG]),
    shapes: {
      request: either(...shapes.map(({ request }) => request)),
      response: either(...shapes.map(({ response }) => response)),
      event: either(...shapes.map(({ event, response }) => event ?? response)),
    },

    readRequest(body, out) {
      const family = families.find(
        ({ format, isRequest }) => (isRequest?.(body) ?? true) && format.readRequest(body, out),
      );
      if (!family) return false;
      const isForeign = (key: string) => requestKeys.has(key) && !family.format.requestKeys.has(key);
      // What is a setting to one family can be the prompt of another.
      for (const key of Object.keys(body).filter(isForeign)) out.leaves('user', 'text', body[key], [key]);
      return true;
    },

    readResponse(body, out) {
      const trace = isObject(body) ? body[TRACE] : undefined;
      const answer = isObject(body) ? withoutBedrockKeys(body) : body;
      let isRecognised = false;
      out.deriving(emptied(trace, [TRACE]), () => {
        isRecognised = families.some(({ format }) => format.readResponse(answer, out));
      });
      if (isRecognised) readTrace(trace, [TRACE], out);
      return isRecognised;
    },

    readStream(events, out) {
      const traces = events.map(({ value }) => (isObject(value) ? value[TRACE] : undefined));
      const answers = events.map(withoutBedrockKeysIn);
      let isRecognised = false;
      out.deriving(
        traces.flatMap((trace, number) => emptied(trace, [number, TRACE])),
        () => {
          isRecognised = families.some(({ format }) => format.readStream?.(answers, out));
        },
      );
      if (!isRecognised) return false;
      for (const [number, trace] of traces.entries()) readTrace(trace, [number, TRACE], out);
      return true;
    },
  };
}

/** What Bedrock adds is no part of the model's answer: the trace, an enum and numbers. */
function withoutBedrockKeys(body: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([key]) => !key.startsWith('amazon-bedrock-')));
}

function withoutBedrockKeysIn(event: StreamEvent): StreamEvent {
  return isObject(event.value) ? { ...event, value: withoutBedrockKeys(event.value) } : event;
}

const TRACE = 'amazon-bedrock-trace';
const GUARDRAIL_CONFIG = 'amazon-bedrock-guardrailConfig';

/**
 * Requests that nothing but media can answer: Imagen's, and those whose only modality is speech.
 *
 * @see https://ai.google.dev/gemini-api/docs/speech-generation
 */

import { named, protoFields } from '../proto-json.ts';
import type { MediaRequest } from '../provider.ts';

export const mediaRequest: MediaRequest = {
  path: /\/models\/imagen-[^/:%]*(?::|%3A)predict$/i,
  asks(body) {
    const configs = named(protoFields(body, []), 'generationConfig');
    const modalities = configs.flatMap(({ value }) => named(protoFields(value, []), 'responseModalities'));
    return modalities.length > 0 && modalities.every(({ value }) => isSpeech(value));
  },
};

function isSpeech(modalities: unknown): boolean {
  if (!Array.isArray(modalities) || modalities.length === 0) return false;
  return modalities.every((one) => typeof one === 'string' && one.toLowerCase() === 'audio');
}

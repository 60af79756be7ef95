/**
 * What somebody said, written down: OpenAI's transcriptions and translations.
 *
 * | side | text |
 * |---|---|
 * | request | every field of the form, and the name of the file |
 * | answer | every leaf; of a stream the deltas together, and the whole text that follows them |
 *
 * @see https://platform.openai.com/docs/api-reference/audio
 */
import { DeltaTexts } from '../delta-texts.ts';
import { resourceFormat } from '../resource.ts';
import { isObject, wordOf } from '../segment.ts';
import { TRANSCRIPTION_SHAPES } from './transcription-shapes.ts';

export const transcriptions = resourceFormat({
  name: 'openai.transcriptions',
  shapes: TRANSCRIPTION_SHAPES,
  readStream(events, out) {
    const texts = new DeltaTexts();
    let isKnown = false;
    for (const [number, { value }] of events.entries()) {
      if (!isObject(value) || !wordOf(value.type).startsWith('transcript.')) continue;
      isKnown = true;
      texts.add('transcript', 'assistant', 'text', value.delta, [number, 'delta']);
    }
    if (isKnown) texts.read(out);
    return isKnown;
  },
});

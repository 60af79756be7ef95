/** What of a transcript is no text: times, counts and the API's own words. */
import { all, count, idOf, known, object, oneOf, type Shape } from '../shape.ts';

const ANSWER: Shape = object(() => ({
  ...all('text language word speaker task logprobs token bytes delta', known),
  ...all('segments words usage input_token_details', ANSWER),
  ...all('start end id_number duration seek temperature avg_logprob compression_ratio', count),
  ...all('no_speech_prob tokens logprob seconds input_tokens output_tokens total_tokens', count),
  ...all('audio_tokens text_tokens', count),
  ...all('id segment_id', idOf('seg_')),
  type: oneOf(
    'transcript.text.delta',
    'transcript.text.done',
    'transcript.text.segment',
    'tokens',
    'duration',
  ),
}));

export const TRANSCRIPTION_SHAPES = { request: ANSWER, response: ANSWER };

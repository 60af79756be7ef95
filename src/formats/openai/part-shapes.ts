/** Parts of messages and of tools' results, and what stands beside their text. */
import {
  count,
  duration,
  eachOf,
  either,
  known,
  mapOf,
  mediaType,
  object,
  oneOf,
  type Shape,
  sealed,
} from '../shape.ts';
import { CACHE_MODE, DETAIL, ID, STATUS, TYPE } from './word-shapes.ts';

export const cacheControl = object({ type: TYPE, ttl: duration, mode: CACHE_MODE });

const imageUrl = object({ url: known, detail: DETAIL, format: known, file_id: ID });

const fileShape = object({
  filename: known,
  file_data: known,
  file_url: known,
  file_id: ID,
  format: mediaType,
  detail: DETAIL,
});

const audioData = object({
  data: sealed,
  format: oneOf('wav', 'mp3', 'flac', 'opus', 'pcm16', 'aac', 'ogg', 'm4a'),
  id: ID,
});

export const annotation: Shape = object(() => ({
  type: TYPE,
  ...eachOf(['start_index', 'end_index', 'index'], count),
  ...{
    url: known,
    title: known,
    quote: known,
    text: known,
    content: known,
    file_id: ID,
    container_id: ID,
    filename: known,
  },
  ...eachOf(['url_citation', 'file_citation', 'file_path'], annotation),
}));

export const LOGPROB: Shape = object(() => ({
  ...{
    token: known,
    logprob: count,
    bytes: count,
    top_logprobs: either(LOGPROB, mapOf(count)),
    token_id: count,
    rank: count,
  },
  ...{ decoded_token: known },
}));

export const logprobs = either(
  LOGPROB,
  object({
    ...{
      content: LOGPROB,
      refusal: LOGPROB,
      tokens: known,
      token_logprobs: count,
      text_offset: count,
      token_ids: count,
    },
    top_logprobs: mapOf(count),
  }),
);

/** A message's part, or a tool result's. */
export const PART: Shape = object(() => ({
  ...{
    type: TYPE,
    text: known,
    refusal: known,
    thinking: PART,
    logs: known,
    transcript: known,
    detail: DETAIL,
    id: ID,
  },
  ...{
    image_url: either(known, imageUrl),
    video_url: imageUrl,
    audio_url: imageUrl,
    input_audio: audioData,
    url: known,
  },
  ...{
    file: fileShape,
    filename: known,
    file_data: known,
    file_url: known,
    file_id: ID,
    format: known,
    data: sealed,
  },
  ...{
    annotations: annotation,
    logprobs: LOGPROB,
    index: count,
    cache_control: cacheControl,
    prompt_cache_breakpoint: cacheControl,
  },
  ...{
    outcome: object({ type: TYPE, exit_code: count }),
    stdout: known,
    stderr: known,
    status: STATUS,
    created_by: known,
  },
}));

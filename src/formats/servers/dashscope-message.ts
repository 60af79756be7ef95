/** A message of DashScope: as one of chat completions, but for parts that have no type and media under keys of their own. */
import { type Field, type Fields, labels, media, readFields, text } from '../openai/fields.ts';
import { MESSAGE, readMessage } from '../openai/message.ts';
import { readContentOf } from '../openai/parts.ts';
import { readPrompt } from '../openai/prompt.ts';
import { itemsOf } from '../placed.ts';
import { isObject } from '../segment.ts';

/** One address or base64, or several: the frames of a video. */
export const mediaList: Field = (value, path, out, origin, owner) => {
  for (const item of itemsOf(value, path)) media(item.value, item.path, out, origin, owner);
};

const PART: Fields = {
  text,
  ...{ image: mediaList, multi_images: mediaList, audio: mediaList, video: mediaList, file: mediaList },
  image_url: media,
  ...labels('type', 'cache_control', 'min_pixels', 'max_pixels', 'total_pixels', 'max_frames', 'fps'),
  ...labels('enable_rotate', 'annotations', 'logprobs'),
};

const TURN: Fields = {
  ...MESSAGE,
  content: (value, path, out, origin) => readContentOf(() => PART, value, path, out, origin),
  // Of a model that does research, between its answers.
  ...labels('phase', 'status', 'partial'),
};

export const messages: Field = (value, path, out) => {
  for (const message of itemsOf(value, path)) readMessage(message.value, message.path, out, undefined, TURN);
};

export const answered: Field = (value, path, out) => readMessage(value, path, out, 'assistant', TURN);

/** Texts, or parts, one or several of them. */
export const parts: Field = (value, path, out, origin) => {
  const isMixed = Array.isArray(value) && value.some(isObject);
  if (isObject(value)) readFields(value, PART, path, out, origin);
  else if (isMixed) for (const item of itemsOf(value, path)) parts(item.value, item.path, out, origin, {});
  else readPrompt(value, path, out);
};

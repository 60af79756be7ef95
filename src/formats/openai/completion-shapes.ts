/**
 * Completions.
 *
 * @see https://platform.openai.com/docs/api-reference/completions
 */
import { known, object } from '../shape.ts';
import { CHAT_ANSWER } from './chat-shapes.ts';
import { MESSAGE } from './message-shapes.ts';
import { SETTINGS } from './settings-shapes.ts';
import { FORMAT } from './tool-shapes.ts';

export const COMPLETION_SHAPES = {
  request: object({
    ...SETTINGS,
    prompt: known,
    suffix: known,
    input: known,
    messages: MESSAGE,
    response_format: FORMAT,
  }),
  response: CHAT_ANSWER,
};

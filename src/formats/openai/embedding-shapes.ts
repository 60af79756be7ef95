/**
 * Embeddings.
 *
 * @see https://platform.openai.com/docs/api-reference/embeddings
 */
import { known, object, oneOf } from '../shape.ts';
import { CHAT_ANSWER } from './chat-shapes.ts';
import { SETTINGS } from './settings-shapes.ts';

export const EMBEDDING_SHAPES = {
  request: object({
    ...SETTINGS,
    input: known,
    input_type: oneOf('query', 'passage', 'document', 'search_query', 'search_document'),
  }),
  response: CHAT_ANSWER,
};

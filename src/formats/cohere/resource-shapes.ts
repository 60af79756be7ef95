/** What of Cohere's stored objects is no text: times, counts and the API's own words. */
import { RESOURCE } from '../common-shapes.ts';
import { all, count, either, known, modelName, object, oneOf, type Shape, time, uuid } from '../shape.ts';

const ANY: Shape = object(() => ({
  model: either(modelName, ANY),
  ...all('id generation_id dataset_id', uuid),
  ...all('created_at updated_at', time),
  ...all('input_type', oneOf('search_document', 'search_query', 'classification', 'clustering', 'image')),
  ...all('embedding_types', oneOf('float', 'int8', 'uint8', 'binary', 'ubinary', 'base64')),
  ...all('response_type', oneOf('embeddings_floats', 'embeddings_by_type')),
  ...all('embeddings', either(count, object(all('float int8 uint8 binary ubinary', count)))),
  ...all('index relevance_score confidence confidences top_n max_tokens_per_doc max_chunks_per_doc', count),
  ...all('output_dimension token_count input_tokens output_tokens search_units classifications_count', count),
  ...all('images width height bit_depth tokens max_tokens temperature prompt_tokens', count),
  ...all(
    'meta billed_units api_version results classifications labels inputs examples documents document',
    ANY,
  ),
  ...all('image_url content', ANY),
  ...all(
    'texts text query input prediction label additional_command summary token_strings is_deprecated',
    known,
  ),
  ...all(
    'is_experimental version url title format length extractiveness preset truncate return_documents',
    known,
  ),
  ...all('return_texts rank_fields classification_type type name', known),
}));

export const RESOURCE_SHAPES = { request: ANY, response: either(ANY, RESOURCE) };

/** What of Anthropic's stored objects is no text: times, counts and the API's own words. */
import { RESOURCE } from '../common-shapes.ts';
import { all, count, either, idOf, known, modelName, object, oneOf, type Shape, time } from '../shape.ts';

const ANY: Shape = object(() => ({
  type: oneOf('model', 'file', 'file_deleted', 'skill', 'skill_deleted', 'skill_version', 'error'),
  ...all(
    'id first_id last_id next_page request_id',
    either(modelName, idOf('file_', 'skill_', 'skillver_', 'req_')),
  ),
  ...all('created_at updated_at expires_at', time),
  ...all('size_bytes limit max_input_tokens max_tokens', count),
  ...all('data capabilities', ANY),
  ...all(
    'display_name display_title description name filename mime_type has_more downloadable metadata',
    known,
  ),
  ...all('source latest_version version directory', known),
}));

export const RESOURCE_SHAPES = { request: ANY, response: either(ANY, RESOURCE) };

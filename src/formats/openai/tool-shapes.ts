/** Tools that are offered and chosen, and formats of answers. */
import { JSON_SCHEMA } from '../json-schema-shape.ts';
import {
  count,
  eachOf,
  either,
  known,
  languageCode,
  matching,
  mediaType,
  modelName,
  name,
  object,
  oneOf,
  type Shape,
  sealed,
} from '../shape.ts';
import { cacheControl } from './part-shapes.ts';
import { EFFORT, ID, TYPE } from './word-shapes.ts';

export const FORMAT: Shape = object(() => ({
  ...{ type: TYPE, strict: known, name: known, description: known, schema: JSON_SCHEMA, value: JSON_SCHEMA },
  ...{ json_schema: FORMAT, syntax: oneOf('lark', 'regex'), definition: known, grammar: FORMAT },
}));

export const location: Shape = object(() => ({
  ...{ type: TYPE, approximate: location, country: languageCode, region: known, city: known },
  timezone: matching(
    /^(?:UTC|(?:Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific)\/[A-Za-z_]{3,20})$/,
  ),
}));

export const TOOL: Shape = object(() => ({
  ...{
    type: TYPE,
    name,
    description: known,
    strict: known,
    defer_loading: known,
    execution: oneOf('server', 'client'),
  },
  ...{ function: TOOL, custom: TOOL, tools: TOOL, cache_control: cacheControl, allowed_callers: TYPE },
  ...{
    parameters: JSON_SCHEMA,
    input_schema: JSON_SCHEMA,
    output_schema: JSON_SCHEMA,
    format: FORMAT,
    annotations: TOOL_HINTS,
  },
  // MCP.
  ...{
    server_label: name,
    server_url: known,
    server_description: known,
    connector_id: CONNECTOR,
    tunnel_id: known,
  },
  ...{ authorization: known, headers: known },
  require_approval: either(oneOf('always', 'never'), object({ always: TOOL_FILTER, never: TOOL_FILTER })),
  allowed_tools: either(known, TOOL_FILTER),
  // Search.
  ...{
    vector_store_ids: ID,
    filters: FILTER,
    max_num_results: count,
    user_location: location,
    search_context_size: EFFORT,
  },
  ...{ search_content_types: oneOf('text', 'image'), ranking_options: RANKING, image_settings: known },
  // Code interpreter, computer use, shell and images.
  ...{
    container: either(ID, CONTAINER),
    environment: either(oneOf('windows', 'mac', 'linux', 'ubuntu', 'browser'), CONTAINER),
  },
  ...{
    display_width: count,
    display_height: count,
    action: oneOf('generate', 'edit', 'auto'),
    partial_images: count,
  },
  ...{
    background: oneOf('transparent', 'opaque', 'auto'),
    input_fidelity: oneOf('high', 'low'),
    model: modelName,
  },
  ...{
    moderation: oneOf('auto', 'low'),
    output_format: oneOf('png', 'webp', 'jpeg'),
    output_compression: count,
  },
  ...{ quality: oneOf('low', 'medium', 'high', 'auto'), size: matching(/^(?:auto|\d{2,5}x\d{2,5})$/) },
  input_image_mask: object({ image_url: known, file_id: ID }),
}));

const CONNECTOR = oneOf(
  ...['connector_dropbox', 'connector_gmail', 'connector_googlecalendar', 'connector_googledrive'],
  ...['connector_microsoftteams', 'connector_outlookcalendar', 'connector_outlookemail'],
  'connector_sharepoint',
);

const TOOL_HINTS = object(
  eachOf(['title', 'readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint', 'read_only'], known),
);

const TOOL_FILTER = object({ tool_names: known, read_only: known });

const RANKING = object({
  ranker: oneOf('auto', 'none', 'default-2024-11-15', 'default_2024_08_21'),
  score_threshold: count,
  hybrid_search: object({ embedding_weight: count, text_weight: count }),
});

const FILTER: Shape = object(() => ({
  ...{
    type: TYPE,
    key: known,
    value: known,
    filters: FILTER,
    allowed_domains: known,
    blocked_domains: known,
  },
}));

export const CONTAINER: Shape = object(() => ({
  ...{
    type: TYPE,
    container_id: ID,
    file_ids: ID,
    memory_limit: oneOf('1g', '4g', '16g', '64g'),
    network_policy: NETWORK,
  },
  skills: object({
    type: TYPE,
    skill_id: ID,
    version: known,
    name: known,
    description: known,
    source: object({ type: TYPE, media_type: mediaType, data: sealed }),
    path: known,
  }),
}));

const NETWORK = object({
  type: TYPE,
  allowed_domains: known,
  domain_secrets: object({ domain: known, name: known, value: known }),
});

export const TOOL_CHOICE: Shape = either(
  oneOf('none', 'auto', 'required', 'any', 'function'),
  object(() => ({
    ...{
      type: TYPE,
      name,
      function: object({ name }),
      custom: object({ name }),
      server_label: name,
    },
    ...{ mode: oneOf('auto', 'required'), tools: TOOL_CHOICE, allowed_tools: TOOL_CHOICE, tool: known },
  })),
);

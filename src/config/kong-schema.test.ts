import { describe, expect, it } from 'vitest';
import { kongFields } from './kong-schema.ts';
import { HEADER_FIELDS } from './metadata-fields.ts';
import { pluginConfig } from './schema.ts';

const fields = Object.assign({}, ...kongFields(pluginConfig));

describe("Kong's schema", () => {
  it('has every field of the configuration, in its order, with a description of 10 to 500 characters', () => {
    expect(Object.keys(fields)).toEqual(Object.keys(pluginConfig.shape));
    for (const field of Object.values<{ description: string }>(fields)) {
      expect(field.description.length).toBeGreaterThanOrEqual(10);
      expect(field.description.length).toBeLessThanOrEqual(500);
    }
  });

  it.each([
    [
      'ai_guard_api_key',
      { type: 'string', len_min: 1, required: true, referenceable: true, encrypted: true },
    ],
    ['app_id', { type: 'string', len_min: 1 }],
    ['operation', { type: 'string', one_of: ['mutate', 'validate'], default: 'mutate', required: true }],
    ['timeout', { type: 'integer', between: [1, 45_000], default: 10_000, required: true }],
    [
      'block_status',
      {
        type: 'integer',
        between: [400, 499],
        not_one_of: [408, 409, 429],
        default: 400,
        required: true,
      },
    ],
    ['upstream_url', { type: 'string', match: '^%s*https?://' }],
    ['window_chars', { type: 'integer', between: [1, 100_000], default: 200, required: true }],
    ['ssl_verify', { type: 'boolean', default: true, required: true }],
    ['deny_patterns', { type: 'array', len_max: 10, elements: { type: 'string', len_min: 1, len_max: 500 } }],
    ['agent_type', { type: 'string', one_of: ['code-assistant', 'chatbot', 'subagent'] }],
    ['is_agent', { type: 'boolean' }],
    ['hostname', { type: 'string', len_min: 1, len_max: 253 }],
    [
      'metadata_from_headers',
      {
        type: 'map',
        keys: { type: 'string', one_of: HEADER_FIELDS },
        values: { type: 'string', len_min: 1, len_max: 256 },
      },
    ],
    ['extra_info', { type: 'map', keys: { type: 'string' }, values: { type: 'string', len_min: 0 } }],
  ])('says of %s what the configuration says', (name, expected) => {
    const { description: _, ...field } = fields[name];
    expect(field).toEqual(expected);
  });

  it('checks api_uri against the provider inside the nested record, forgiving blanks', () => {
    const { fields: nested, entity_checks: checks } = fields.upstream_llm;
    expect(nested.map((field: object) => Object.keys(field)[0])).toEqual(['provider', 'api_uri']);
    expect(checks).toContainEqual({
      conditional: {
        if_field: 'provider',
        if_match: { eq: 'cohere' },
        then_field: 'api_uri',
        then_match: {
          match_any: {
            patterns: ['^%s*/v2/chat%s*$', '^%s*/v1/chat%s*$', '^%s*/v1/generate%s*$', '^%s*auto%s*$'],
            err: "for provider 'cohere' the allowed api_uris are: /v2/chat, /v1/chat, /v1/generate, auto",
          },
        },
      },
    });
    expect(JSON.stringify(checks)).toContain('^%s*converse%-stream%s*$');
  });

  it('travels as JSON without loss', () => {
    expect(JSON.parse(JSON.stringify(kongFields(pluginConfig)))).toEqual(kongFields(pluginConfig));
  });
});

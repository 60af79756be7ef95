/** ai-proxy's schema. What Kong knows and the gateway does not do is refused by name. */

import type { PluginSchema } from '../../config/metaschema.ts';
import type { Field, FieldList } from '../../config/schema.ts';

const no = (what: string): Field => ({
  type: 'any',
  unsupported: `the embedded gateway does not support ${what}`,
});

/** Kong fills `$(headers.name)` and its like from the request. */
const untemplated: Field = {
  type: 'string',
  custom: (value: string) =>
    value.includes('$(') ? 'the embedded gateway fills no templates into the model' : undefined,
};

const url: Field = {
  ...untemplated,
  match_any: { patterns: ['^https?://[^/?#]+'], err: 'missing host in url' },
};

/** One choice of several, of which the gateway has only some. */
const choice = (all: readonly string[], done: readonly string[], more: Partial<Field> = {}): Field => ({
  type: 'string',
  one_of: all,
  custom: (value: string) =>
    done.includes(value) ? undefined : `the embedded gateway does not support '${value}'`,
  ...more,
});

const PROVIDERS = `openai azure anthropic cohere mistral llama2 gemini bedrock huggingface`.split(' ');

const AUTH: FieldList = [
  { header_name: { type: 'string', referenceable: true } },
  { header_value: { type: 'string', referenceable: true } },
  { param_name: no('credentials in parameters') },
  { param_value: no('credentials in parameters') },
  { param_location: no('credentials in parameters') },
  { gcp_use_service_account: no('cloud credentials') },
  { gcp_service_account_json: no('cloud credentials') },
  { aws_access_key_id: no('cloud credentials') },
  { aws_secret_access_key: no('cloud credentials') },
  { allow_override: { type: 'boolean', default: false } },
];

const OPTIONS: FieldList = [
  { max_tokens: { type: 'integer' } },
  { input_cost: { type: 'number', gt: 0 } },
  { output_cost: { type: 'number', gt: 0 } },
  { temperature: { type: 'number', between: [0, 5] } },
  { top_p: { type: 'number', between: [0, 1] } },
  { top_k: { type: 'integer', between: [0, 500] } },
  { anthropic_version: { type: 'string' } },
  { azure_instance: { type: 'string' } },
  { azure_api_version: { type: 'string', default: '2023-05-15' } },
  { azure_deployment_id: { type: 'string' } },
  { llama2_format: { type: 'string', one_of: ['raw', 'openai', 'ollama'] } },
  { mistral_format: { type: 'string', one_of: ['openai', 'ollama'] } },
  { upstream_url: url },
  { upstream_path: untemplated },
  { gemini: no('Gemini') },
  { bedrock: no('Bedrock') },
  { huggingface: no('Hugging Face') },
];

const MODEL: FieldList = [
  { provider: choice(PROVIDERS, ['openai', 'anthropic'], { required: true }) },
  { name: untemplated },
  { options: { type: 'record', fields: OPTIONS } },
];

const flag = (initial: boolean, more: Partial<Field> = {}): Field => ({
  type: 'boolean',
  required: true,
  default: initial,
  ...more,
});

const unlogged = flag(false, { eq: false, err: 'the embedded gateway logs nothing of the models' });

const CONFIG: Field = {
  type: 'record',
  required: true,
  fields: [
    {
      route_type: {
        type: 'string',
        required: true,
        one_of: ['llm/v1/chat', 'llm/v1/completions', 'preserve'],
      },
    },
    { auth: { type: 'record', fields: AUTH } },
    { model: { type: 'record', required: true, fields: MODEL } },
    {
      logging: {
        type: 'record',
        required: true,
        fields: [{ log_statistics: unlogged }, { log_payloads: unlogged }],
      },
    },
    { response_streaming: { type: 'string', default: 'allow', one_of: ['allow', 'deny', 'always'] } },
    { max_request_body_size: { type: 'integer', default: 8 * 1024, gt: 0 } },
    { model_name_header: { type: 'boolean', default: true } },
    { llm_format: choice(['openai', 'bedrock', 'gemini'], ['openai'], { default: 'openai' }) },
  ],
  entity_checks: [
    { mutually_required: ['auth.header_name', 'auth.header_value'] },
    {
      conditional_at_least_one_of: {
        if_field: 'model.provider',
        if_match: { one_of: ['anthropic'] },
        then_at_least_one_of: ['model.options.anthropic_version'],
        then_err: 'must set %s for anthropic provider',
      },
    },
  ],
};

export const SCHEMA: PluginSchema = { name: 'ai-proxy', fields: [{ config: CONFIG }] };

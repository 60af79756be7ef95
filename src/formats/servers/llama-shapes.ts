/** What is no text in llama.cpp's completions: settings of sampling, ids of tokens, times, counts and its own words. */
import { JSON_SCHEMA } from '../json-schema-shape.ts';
import { all, count, known, modelName, object, oneOf, type Shape } from '../shape.ts';

const SAMPLER = oneOf(
  ...['dry', 'top_k', 'typ_p', 'top_p', 'min_p', 'xtc', 'temperature', 'penalties', 'top_n_sigma', 'infill'],
  ...['adaptive_p', 'tfs_z', 'typical_p'],
);

const SETTINGS = {
  model: modelName,
  ...all(
    'temperature dynatemp_range dynatemp_exponent top_k top_p min_p typical_p top_n_sigma seed n_ctx',
    count,
  ),
  ...all(
    'n_predict max_tokens n_indent n_keep n_discard n_cmpl n_cache_reuse n_probs min_keep id_slot n',
    count,
  ),
  ...all(
    'repeat_penalty repeat_last_n presence_penalty frequency_penalty t_max_predict_ms max_new_tokens',
    count,
  ),
  ...all(
    'dry_multiplier dry_base dry_allowed_length dry_penalty_last_n xtc_probability xtc_threshold',
    count,
  ),
  ...all('mirostat mirostat_tau mirostat_eta sse_ping_interval logit_bias logprobs top_logprobs', count),
  ...all('speculative.n_max speculative.n_min speculative.p_min speculative.types', count),
  ...all('dry_sequence_breakers stop grammar response_fields stream ignore_eos cache_prompt', known),
  ...all('return_tokens timings_per_token return_progress post_sampling_probs grammar_lazy', known),
  ...all('grammar_triggers preserved_tokens generation_prompt reasoning_in_content speculative', known),
  json_schema: JSON_SCHEMA,
  samplers: SAMPLER,
  lora: object({ id: count, scale: count, path: known }),
  chat_format: oneOf('Content-only', 'Generic'),
  reasoning_format: oneOf('none', 'auto', 'deepseek', 'deepseek-legacy'),
};

const REQUEST: Shape = object({
  ...SETTINGS,
  prompt: object({ prompt_string: known, multimodal_data: known }),
  ...all('input_prefix input_suffix', known),
  input_extra: object({ filename: known, text: known }),
});

const PROBABILITY: Shape = object(() => ({
  ...all('id logprob prob bytes', count),
  token: known,
  ...all('top_logprobs top_probs', PROBABILITY),
}));

const ANSWER: Shape = object({
  ...all('index id_slot tokens tokens_predicted tokens_evaluated tokens_cached', count),
  ...all('content prompt stop stopping_word truncated has_new_line', known),
  model: modelName,
  stop_type: oneOf('none', 'eos', 'limit', 'word'),
  generation_settings: object(SETTINGS),
  ...all('completion_probabilities probs', PROBABILITY),
  timings: object(
    all(
      'cache_n prompt_n prompt_ms prompt_per_token_ms prompt_per_second predicted_n predicted_ms predicted_per_token_ms predicted_per_second draft_n draft_n_accepted',
      count,
    ),
  ),
  prompt_progress: object(all('total cache processed time_ms', count)),
});

export const LLAMA_SHAPES = { request: REQUEST, response: ANSWER };

/** What is no text in SGLang's completions: settings of sampling, ids, times, counts and its own words. */
import { all, count, either, known, modelName, object, oneOf, type Shape, uuid } from '../shape.ts';

const SAMPLING = object({
  ...all('max_new_tokens min_new_tokens temperature top_p top_k min_p n stop_token_ids sampling_seed', count),
  ...all('frequency_penalty presence_penalty repetition_penalty logit_bias', count),
  ...all('stop stop_regex json_schema regex ebnf structural_tag custom_params ignore_eos', known),
  ...all('skip_special_tokens spaces_between_special_tokens no_stop_trim', known),
});

const REQUEST: Shape = object({
  model: modelName,
  ...all('text prompt input_ids input_embeds image_data audio_data video_data stream return_logprob', known),
  ...all('logprob_start_len top_logprobs_num token_ids_logprob priority', count),
  ...all('return_text_in_logprobs return_hidden_states lora_path custom_logit_processor', known),
  rid: uuid,
  sampling_params: SAMPLING,
  session_params: object({ id: uuid, rid: uuid, offset: count, replace: known }),
});

const META: Shape = object({
  id: uuid,
  finish_reason: either(
    object({
      type: oneOf('stop', 'length', 'abort'),
      length: count,
      matched: either(known, count),
      message: known,
    }),
    oneOf('stop', 'length', 'abort'),
  ),
  weight_version: oneOf('default'),
  ...all('prompt_tokens completion_tokens cached_tokens total_retractions spec_verify_ct e2e_latency', count),
  ...all('input_token_logprobs output_token_logprobs input_top_logprobs output_top_logprobs', count),
  ...all('input_token_ids_logprobs output_token_ids_logprobs hidden_states', count),
  ...all('queue_time prefill_launch_delay inference_time decode_throughput', count),
  ...all('request_received_ts response_sent_to_client_ts', count),
});

export const SGLANG_SHAPES = {
  request: REQUEST,
  response: object({ text: known, output_ids: count, index: count, meta_info: META }),
};

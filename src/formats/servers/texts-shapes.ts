/** What of the endpoints beside chats of servers of open models is no text: settings, vectors, scores, times and counts. */
import { RESOURCE } from '../common-shapes.ts';
import { LOGPROB } from '../openai/part-shapes.ts';
import { usage } from '../openai/usage-shape.ts';
import {
  all,
  count,
  either,
  idOf,
  known,
  modelName,
  object,
  oneOf,
  type Shape,
  sealed,
  time,
  uuid,
} from '../shape.ts';
import { LLAMA_SHAPES } from './llama-shapes.ts';

const REQUEST: Shape = object(() => ({
  model: modelName,
  // Texts.
  ...all(
    'content input inputs prompt text texts query queries document documents items messages data',
    known,
  ),
  ...all('text_1 text_2 data_1 data_2 sentences source_sentence suffix filename url tools', known),
  ...all('state questions instruction instructions chat_template parameters options rid', known),
  // Settings.
  ...all('embd_normalize top_n top_k dimensions truncate_prompt_tokens priority temperature n_probs', count),
  ...all('max_new_tokens num_ctx keep_alive scale max_tokens_per_doc label_token_ids', count),
  ...all(
    'add_special parse_special with_pieces add_special_tokens return_token_strs skip_special_tokens',
    known,
  ),
  ...all(
    'add_generation_prompt continue_final_message return_documents return_text raw_scores stream',
    known,
  ),
  ...all('truncate normalize use_activation activation apply_softmax item_first verbose abort_all', known),
  encoding_format: oneOf('float', 'base64', 'bytes', 'bytes_only'),
  embed_dtype: oneOf('float32', 'float16', 'bfloat16', 'fp8_e4m3', 'fp8_e5m2'),
  endianness: oneOf('native', 'big', 'little'),
  truncation_direction: oneOf('left', 'right', 'Left', 'Right'),
  task: oneOf('embed', 'classify', 'score', 'token_embed', 'token_classify', 'plugin', 'encode', 'reward'),
  reasoning_parser: oneOf('deepseek-r1', 'qwen3', 'qwen3-thinking', 'glm45', 'gpt-oss', 'kimi', 'step3'),
}));

/** Of one text, of each of its tokens, or of several of them; or in base64. */
const vector = either(count, sealed);

const ANSWER: Shape = object(() => ({
  ...all(
    'id request_id',
    either(uuid, count, idOf('embd-', 'score-', 'rerank-', 'classify-', 'pool-', 'infinity-')),
  ),
  object: oneOf(
    'list',
    'embedding',
    'score',
    'pooling',
    'classify',
    'response.input_tokens',
    'model',
    'rerank',
  ),
  ...all('created created_at modified_at expires_at load_time', time),
  model: modelName,
  usage,
  ...all('tokens token_strs token_strings tokenize_response', either(count, TOKEN)),
  ...all('data results', either(vector, ANSWER)),
  ...all('embedding embeddings probs scores score relevance_score', vector),
  ...all('index count max_model_len num_classes input_tokens total_duration load_duration', count),
  ...all(
    'prompt_eval_count prompt_tokens completion_tokens token_ids prompt_token_ids meta',
    either(count, ANSWER),
  ),
  ...all('id_slot id_task n_saved n_written n_erased n_restored n_read n_ctx total_slots scale', count),
  ...all('size size_vram context_length completed total server_load', count),
  ...all('n_vocab n_ctx_train n_embd n_params vocab_type', count),
  ...all('params default_generation_settings', either(LLAMA_SHAPES.request, ANSWER)),
  timings: object(all('save_ms restore_ms', count)),
  next_token: object(all('has_next_token has_new_line n_remain n_decoded stopping_word', known)),
  modalities: object(all('vision audio video', known)),
  meta_info: object({ id: uuid, ...all('prompt_tokens completion_tokens cached_tokens e2e_latency', count) }),
  logprobs: LOGPROB,
  ...all('start stop logprob', count),
  status: oneOf('ok', 'loading model', 'success', 'no slot available', 'error', 'loaded', 'unloaded'),
  ...all('document content prompt text label embedding_text templated_text piece special truncated', known),
  ...all('model_path chat_template chat_template_caps build_info media_marker is_sleeping path', known),
  ...all('reasoning_text normal_text calls success message version models details name filename', known),
  ...all('is_processing speculative answers multi_modal', known),
}));

const TOKEN: Shape = object({ ...all('id start stop logprob', count), ...all('text piece special', known) });

export const TEXTS_SHAPES = { request: REQUEST, response: either(ANSWER, RESOURCE) };

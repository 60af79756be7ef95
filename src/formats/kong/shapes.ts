/** What is no text in the bodies that only Kong's routes carry: Ollama's, Hugging Face's, and those that fill templates in. */
import type { Shapes } from '../format.ts';
import { JSON_SCHEMA } from '../json-schema-shape.ts';
import { CHAT_SHAPES } from '../openai/chat-shapes.ts';
import {
  all,
  count,
  duration,
  either,
  type Fields,
  known,
  mapOf,
  matching,
  modelName,
  object,
  oneOf,
  time,
  uuid,
} from '../shape.ts';

// Ollama.

const ollamaCall = object({
  id: either(uuid, matching(/^call_[0-9a-z]{8}$/)),
  type: oneOf('function'),
  function: object({ ...all('name arguments description', known), index: count }),
});

const ollamaMessage = object({
  role: oneOf('system', 'user', 'assistant', 'tool'),
  ...all('content thinking images tool_name tool_call_id', known),
  tool_calls: ollamaCall,
});

const runnerOptions = object({
  ...all('num_keep num_predict num_ctx num_batch num_gpu main_gpu num_thread repeat_last_n', count),
  ...all('seed stop temperature top_k top_p min_p typical_p tfs_z repeat_penalty presence_penalty', known),
  ...all('frequency_penalty mirostat mirostat_tau mirostat_eta penalize_newline draft_num_predict', known),
  ...all('numa low_vram f16_kv logits_all vocab_only use_mmap use_mlock embedding_only', known),
});

/** The tokens are text: nobody says which of them the answer has. */
const ollamaToken = object({ token: known, logprob: count, bytes: known });

const ollamaAnswer = object({
  ...all('model remote_model', modelName),
  created_at: time,
  message: ollamaMessage,
  ...all('response thinking done image error', known),
  done_reason: oneOf('stop', 'length', 'load', 'unload'),
  tool_calls: ollamaCall,
  context: known,
  ...all('total_duration load_duration prompt_eval_duration eval_duration', count),
  ...all('prompt_eval_count eval_count completed total', count),
  logprobs: either(ollamaToken, object({ top_logprobs: ollamaToken })),
  remote_host: oneOf('https://ollama.com:443', 'https://ollama.com'),
});

const ollamaTool = object({
  type: oneOf('function'),
  function: object(all('name description parameters', known)),
});

export const OLLAMA_SHAPES: Shapes = {
  request: object({
    model: modelName,
    messages: ollamaMessage,
    ...all('prompt suffix system template images context', known),
    tools: ollamaTool,
    format: either(oneOf('json'), JSON_SCHEMA),
    options: runnerOptions,
    keep_alive: duration,
    think: oneOf('low', 'medium', 'high', 'max'),
    ...all('stream raw truncate shift logprobs top_logprobs width height steps', known),
  }),
  response: ollamaAnswer,
};

// Hugging Face's text generation.

const tgiToken = object({ ...all('id logprob', count), ...all('text special', known) });

const finishReason = oneOf('length', 'eos_token', 'stop_sequence');

const sequence: Fields = {
  finish_reason: finishReason,
  ...all('generated_tokens input_length', count),
  seed: known,
  ...all('prefill tokens top_tokens', tgiToken),
  generated_text: known,
};

const generation: Fields = {
  generated_text: known,
  details: object({ ...sequence, best_of_sequences: object(sequence) }),
};

const tgiParameters = object({
  ...all('temperature top_k top_p typical_p repetition_penalty frequency_penalty seed stop', known),
  ...all(
    'stop_sequences watermark details decoder_input_details do_sample return_full_text adapter_id',
    known,
  ),
  ...all('max_new_tokens min_new_tokens max_length min_length max_time truncate', known),
  ...all('best_of top_n_tokens num_beams num_return_sequences', known),
  grammar: object({
    type: oneOf('json', 'regex', 'json_schema'),
    value: either(JSON_SCHEMA, object({ name: known, schema: JSON_SCHEMA })),
  }),
});

export const TEXT_GENERATION_SHAPES: Shapes = {
  request: object({
    inputs: known,
    model: modelName,
    stream: known,
    parameters: tgiParameters,
    options: object(all('use_cache wait_for_model use_gpu', known)),
  }),
  response: object({
    ...generation,
    data: object(generation),
    model: modelName,
    object: known,
    usage: object(all('prompt_tokens completion_tokens total_tokens', count)),
  }),
  event: object({
    ...generation,
    index: count,
    ...all('token top_tokens', tgiToken),
    model: modelName,
  }),
};

// Kong's ai-prompt-template.

/** Its own keys come before those of a chat completion: the template's name and whatever goes into it are text. */
export const PROMPT_TEMPLATE_SHAPES: Shapes = {
  request: either(
    object({
      messages: known,
      prompt: object({ name: known, properties: mapOf(known) }),
      properties: mapOf(known),
    }),
    CHAT_SHAPES.request,
  ),
  response: object({}),
};

/**
 * What servers of open models do with texts beside continuing them: tokens, vectors, scores, classes and ranks of them, what
 * a template makes of messages, and how the server is.
 *
 * | side | text |
 * |---|---|
 * | request | every leaf that is no setting, as the user's; lists of numbers are token ids, which are unreadable |
 * | answer | the same, as a tool's; the pieces of tokens together |
 * | stream | of progress: every leaf |
 *
 * @see https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
 * @see https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
 * @see https://docs.sglang.ai/basic_usage/native_api.html
 * @see https://huggingface.github.io/text-generation-inference/
 * @see https://huggingface.github.io/text-embeddings-inference/
 * @see https://github.com/ollama/ollama/blob/main/docs/api.md
 */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../collector.ts';
import type { BodyFormat } from '../format.ts';
import { itemsOf } from '../placed.ts';
import { resourceFormat } from '../resource.ts';
import { isObject, type Piece } from '../segment.ts';
import { TEXTS_SHAPES } from './texts-shapes.ts';

const leafByLeaf = resourceFormat({
  name: 'servers.texts',
  shapes: TEXTS_SHAPES,
  takesTokens: true,
  readStream: (events) => events.some(({ value }) => isObject(value) && typeof value.status === 'string'),
});

/** @param name tells the clients of one server from those of others: they read other refusals */
const textsOf = (name: string): BodyFormat => ({
  ...leafByLeaf,
  name,
  readResponse(body, out) {
    if (!leafByLeaf.readResponse(body, out)) return false;
    joinTokens(body, [], out);
    if (isObject(body)) for (const key of TOKENS) joinTokens(body[key], [key], out);
    return true;
  },
});

export const texts = textsOf('servers.texts');
/** Of Hugging Face's server of embeddings. */
export const embeddingTexts = textsOf('tei.texts');
export const ollamaTexts = textsOf('ollama.texts');

const TOKENS = ['tokens', 'token_strs', 'token_strings', 'tokenize_response'];

/** One value can be cut in pieces: strings, or objects that hold one each; or lists of such lists. */
function joinTokens(tokens: unknown, path: Path, out: Collector): void {
  if (!Array.isArray(tokens)) return;
  const pieces: Piece[] = [];
  for (const { value, path: at } of itemsOf(tokens, path)) {
    if (typeof value === 'string') pieces.push({ text: value, path: at });
    else if (Array.isArray(value)) joinTokens(value, at, out);
    else if (isObject(value)) {
      const key = typeof value.piece === 'string' ? 'piece' : 'text';
      const { [key]: text } = value;
      if (typeof text === 'string' && 'id' in value) pieces.push({ text, path: [...at, key] });
    }
  }
  out.joined('tool', 'text', pieces);
}

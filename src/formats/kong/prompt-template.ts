/**
 * What clients send to a route with Kong's ai-prompt-template plugin, which fills the operator's templates in after
 * this plugin has run.
 *
 * | side | text | role |
 * |---|---|---|
 * | request | `messages`: a string such as `{template://name}` | user |
 * | | `prompt`: an object with the template's name and `properties` | user |
 * | | `properties`: what goes into the template | user |
 * | | what else a chat completion may have | as there |
 *
 * A `prompt` that is a string is an ordinary completion, and its `properties` are text under an unknown key.
 *
 * @see https://developer.konghq.com/plugins/ai-prompt-template/
 */
import type { BodyFormat } from '../format.ts';
import { readCaller } from '../openai/caller.ts';
import { chatCompletions, readBesideMessages } from '../openai/chat-completions.ts';
import { isObject } from '../segment.ts';
import { PROMPT_TEMPLATE_SHAPES } from './shapes.ts';

export const promptTemplate: BodyFormat = {
  name: 'kong.prompt-template',
  shapes: PROMPT_TEMPLATE_SHAPES,

  requestKeys: new Set([...chatCompletions.requestKeys, 'prompt', 'properties']),

  readRequest(body, out) {
    const { messages, prompt, properties } = body;
    const isTemplatePrompt = isObject(prompt) && ('name' in prompt || 'properties' in prompt);
    if (typeof messages !== 'string' && !isTemplatePrompt) return false;
    out.model(body.model);
    readCaller(body, out);
    out.leaves('user', 'text', messages, ['messages']);
    out.leaves('user', 'text', prompt, ['prompt']);
    out.leaves('user', 'text', properties, ['properties']);
    readBesideMessages(body, out);
    return true;
  },

  readResponse: () => false,
};

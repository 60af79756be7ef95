/** Which wire format serves which `upstream_llm`. A new provider API is one file beside this one and one line here. */
import type { Provider } from '../config/api-uri.ts';
import { chatCompletions } from './openai/chat-completions.ts';
import type { WireFormat } from './segment.ts';

const formats: Partial<Record<Provider, Record<string, WireFormat>>> = {
  openai: { '/v1/chat/completions': chatCompletions },
};

/** @returns undefined for an endpoint that this version cannot read */
export function wireFormatOf(provider: Provider, apiUri: string): WireFormat | undefined {
  const ofProvider = formats[provider];
  return ofProvider && Object.hasOwn(ofProvider, apiUri) ? ofProvider[apiUri] : undefined;
}

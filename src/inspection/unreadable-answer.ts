/** Prompts whose answers nobody can read, which is known before the provider is asked. */
import type { Config } from '../config/schema.ts';
import { hasUnreadAnswers } from '../formats/registry.ts';
import { type Rejection, unreadableEndpoint } from './refusal/rejection.ts';

/** Images are made, and objects are kept, before their answer is refused. */
export function unreadableAnswer(
  { on_uninspectable: onUninspectable, on_opaque: onOpaque }: Config,
  { path, hadBody, asksForMedia }: { path: string; hadBody: boolean; asksForMedia?: true },
): Rejection | undefined {
  if (hadBody && onUninspectable === 'block' && hasUnreadAnswers(path)) return unreadableEndpoint('shape');
  return asksForMedia && onOpaque === 'block' ? unreadableEndpoint('media') : undefined;
}

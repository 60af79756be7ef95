/** Prompts whose answers nobody can read, which is known before the provider is asked. */
import type { Config } from '../config/schema.ts';
import { answersOfPath, refusalOfPath } from '../formats/registry.ts';
import { type Rejection, unreadableEndpoint } from './refusal/rejection.ts';

/** Images are made, and objects are kept, before their answer is refused: that is known without it. */
export function unreadableAnswer(
  { on_uninspectable: onUninspectable, on_opaque: onOpaque }: Config,
  { path, hadBody, asksForMedia }: { path: string; hadBody: boolean; asksForMedia?: true },
): Rejection | undefined {
  const refused = onUninspectable === 'block' ? refusalOfPath(path) : undefined;
  if (refused && (hadBody || refused.why !== 'unread_answer')) return unreadableEndpoint(refused);
  const isMedia = asksForMedia || answersOfPath(path) === 'media';
  return isMedia && onOpaque === 'block' ? unreadableEndpoint('media') : undefined;
}

/** Where no prompt can be read, or the conversation would go on past the gateway: refused without its body, which may have no end. */
export function refusedEndpoint(
  { on_uninspectable: onUninspectable }: Config,
  path: string,
): Rejection | undefined {
  const refused = onUninspectable === 'block' ? refusalOfPath(path) : undefined;
  return refused && refused.why !== 'unread_answer' ? unreadableEndpoint(refused, 'request') : undefined;
}

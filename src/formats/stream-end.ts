/**
 * How a stream ends that is broken off after its status was sent: in the provider's own terms, so that its clients say
 * so instead of waiting, or of taking half an answer for all of it. Which API it is, its events say. What no provider
 * knows gets an `error` event.
 */
import type { StreamEvent } from '../body/stream/document.ts';
import type { Framing } from '../body/stream/framing.ts';
import { SSE } from '../body/stream/sse.ts';
import { jsonLine, type NamedEvent, sseText } from './event-text.ts';
import type { Provider } from './provider.ts';
import { PROVIDERS } from './providers.ts';
import { errorEvent } from './stream-end-contract.ts';

const providers: readonly Provider[] = PROVIDERS;
const ends = providers.flatMap(({ streamEnds = [], servers = [] }) => [
  ...streamEnds,
  ...servers.flatMap((server) => server.streamEnds ?? []),
]);
const binaryEnds = providers.flatMap(({ binaryStreamEnd }) => binaryStreamEnd ?? []);

/**
 * @param events all that arrived
 * @param seen how many of them the client has: nothing of the others may be repeated
 * @param message for whoever reads the error
 */
export function streamEnd(
  framing: Framing,
  events: readonly StreamEvent[],
  seen: number,
  message: string,
): Uint8Array {
  const binary = binaryEnds.find((end) => end.framing === framing);
  if (binary) return binary.lastFrame(message);
  const api = ends.find((end) => events.some((event) => end.isOurs(event)));
  const last = (api?.lastEvents ?? errorEvent)(events.slice(0, seen), message);
  if (framing !== SSE) return Buffer.from(last.map(({ value }) => jsonLine(value)).join(''), 'utf8');
  const done: NamedEvent[] = api?.isDoneAfter ? [{ value: '[DONE]' }] : [];
  return Buffer.from([...last, ...done].map(sseText).join(''), 'utf8');
}

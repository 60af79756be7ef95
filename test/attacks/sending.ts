/** How attacks are sent: by an ordinary client, or byte by byte. */
import type { PostOptions, Stage } from '../../testkit/harness/stage.ts';
import type { Received } from './attack.ts';
import { exchangeRaw, type Piece } from './raw-http.ts';

/** A chat completion that asks one thing. */
export function promptOf(content: unknown, more: object = {}): string {
  return JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content }], ...more });
}

export async function post(
  stage: Stage,
  body: string | Uint8Array,
  options?: PostOptions,
): Promise<Received> {
  const { status, text } = await stage.post(body, options);
  return { status, text, bytes: Buffer.from(text) };
}

/**
 * @param expected how many answers are enough, where the gateway may keep the connection
 * @returns what the last request on the connection was answered
 */
export async function sendRaw(stage: Stage, pieces: readonly Piece[], expected?: number): Promise<Received> {
  const { answers, bytes } = await exchangeRaw(stage.gateway.url, pieces, expected);
  const last = answers.at(-1);
  return { status: last?.status ?? 0, text: last?.body.toString() ?? '', bytes };
}

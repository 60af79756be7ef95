/** Several requests on one connection, and requests whose end two readers see in two places. */
import { INJECTION, SSN, SSN_REDACTED, type Theme } from './attack.ts';
import { headOf } from './raw-http.ts';
import { promptOf, sendRaw } from './sending.ts';

const PATH = '/openai/v1/chat/completions';
const BENIGN = promptOf('Tell me a story.');
const ATTACK = promptOf(INJECTION);

/** A whole request with a length. */
function request(body: string, more: string[] = []): string {
  const length = `Content-Length: ${Buffer.byteLength(body)}`;
  return headOf(`POST ${PATH} HTTP/1.1`, ['Content-Type: application/json', length, ...more]) + body;
}

export const pipelines: Theme = {
  name: 'several requests on one connection',
  attacks: [
    {
      attack: 'an attack right behind a benign request, in the same packet',
      against: 'no prompt leaves unread',
      planted: INJECTION,
      beside: 1,
      send: (stage) => sendRaw(stage, [request(BENIGN) + request(ATTACK, ['Connection: close'])]),
      must: { kind: 'blocked' },
    },
    {
      attack: 'a secret right behind a benign request, in the same packet',
      against: 'a redaction holds',
      planted: SSN,
      beside: 1,
      send: (stage) => sendRaw(stage, [request(BENIGN) + request(promptOf(SSN), ['Connection: close'])]),
      must: SSN_REDACTED,
    },
  ],
};

/** Requests to the gateway, many at once, each with an answer of its own. */
import type { Stage } from '../../../testkit/harness/stage.ts';
import type { ProviderRequest } from '../../../testkit/providers/index.ts';
import type { Answer, WireRequest } from './wire.ts';

/** A header that tells requests apart. */
export const TAG = 'x-endpoint';

export interface Played {
  status: number;
  reply: Buffer;
  /** The bodies that the provider got. */
  sent: Buffer[];
}

export class Desk {
  readonly #stage: Stage;
  readonly #answers = new Map<string, Answer>();
  readonly #sent = new Map<string, ProviderRequest[]>();

  constructor(stage: Stage) {
    this.#stage = stage;
    stage.provider.answer((request) => {
      const tag = String(request.headers[TAG]);
      this.#sent.get(tag)?.push(request);
      const { type, body } = this.#answers.get(tag) ?? EMPTY;
      return { headers: { 'content-type': type }, body };
    });
  }

  /** @param act whatever sends requests with the tag @returns what the provider got of them */
  async whatIsSent(answer: Answer, act: (tag: string) => Promise<unknown>): Promise<ProviderRequest[]> {
    const tag = `t${this.#sent.size}`;
    const sent: ProviderRequest[] = [];
    this.#answers.set(tag, answer);
    this.#sent.set(tag, sent);
    await act(tag);
    return sent;
  }

  async play(route: string, request: WireRequest, answer: Answer): Promise<Played> {
    let status = 0;
    let reply = Buffer.alloc(0);
    const sent = await this.whatIsSent(answer, async (tag) => {
      const response = await fetch(`${this.#stage.gateway.url}/${route}${request.path}`, {
        method: request.method,
        headers: { ...request.headers, [TAG]: tag },
        ...(request.body.length > 0 ? { body: new Uint8Array(request.body) } : {}),
      });
      status = response.status;
      reply = Buffer.from(await response.arrayBuffer());
    });
    return { status, reply, sent: sent.map(({ body }) => body) };
  }
}

const EMPTY: Answer = { type: 'application/json', body: Buffer.from('{}') };

/** AIDR itself, without HTTP: the two routes, from a received call to the right answer. */
import { accepted, failure, newRequestId, type Reply, success, validationFailed } from './envelope.ts';
import { isObject } from './json.ts';
import type { Policy } from './policy.ts';
import { validate } from './request.ts';
import { judge, type Sighting, sidesOf } from './verdict.ts';

/** AIDR's documented limit: 1 MiB a request. */
const MAX_BODY_BYTES = 1024 * 1024;

/** What was detected in which call, as AIDR's console would list it; no text of the call. */
export interface Finding extends Sighting {
  /** RFC 3339 */
  readonly time: string;
  readonly event_type: string;
  readonly request_id: string;
}

/** The parts of an HTTP request that AIDR looks at. */
export interface Incoming {
  /** The bearer token, if there is one. */
  readonly key: string | undefined;
  readonly contentType: string | undefined;
  readonly raw: Buffer;
  /** `raw` as JSON; undefined when it is none. */
  readonly body: unknown;
}

interface Parked {
  readonly reply: Reply;
  readonly location: string;
  pollsLeft: number;
  polls: number;
}

export class Aidr {
  readonly findings: Finding[] = [];
  readonly #parked = new Map<string, Parked>();
  readonly #sides: ReturnType<typeof sidesOf>;
  readonly #keys: ReadonlySet<string>;
  readonly #historyBoundary: boolean;

  constructor(policy: Policy, keys: readonly string[], historyBoundary: boolean) {
    this.#sides = sidesOf(policy);
    this.#keys = new Set(keys);
    this.#historyBoundary = historyBoundary;
  }

  /** `POST {base}/v1/guard_chat_completions` */
  guard({ key, contentType, raw, body }: Incoming): Reply {
    if (!this.#knows(key)) return failure(401);
    if (raw.length > MAX_BODY_BYTES) return failure(413);
    if (body === undefined || !contentType?.startsWith('application/json')) return failure(400, 'pangea');
    const request = validate(body);
    if (!request.ok) return validationFailed(request.errors);

    const { eventType, guardInput } = request;
    const side = eventType === 'output' ? this.#sides.output : this.#sides.input;
    const { result, summary, sightings } = judge(guardInput, eventType, side, this.#historyBoundary);
    const requestId = newRequestId();
    const time = new Date().toISOString();
    for (const sighting of sightings)
      this.findings.push({ time, event_type: eventType, ...sighting, request_id: requestId });
    return success(requestId, summary, result);
  }

  /** `GET {base}/request/{id}` */
  poll(key: string | undefined, id: string): Reply {
    if (!this.#knows(key)) return failure(401);
    const parked = this.#parked.get(id);
    if (!parked) return failure(404, 'pangea');
    if (parked.pollsLeft === 0) return parked.reply;
    parked.pollsLeft -= 1;
    parked.polls += 1;
    return accepted(id, parked.location, parked.polls);
  }

  /** Keeps an answer for polling under its own request id. */
  park(reply: Reply, polls: number, base: string): { id: string; location: string } {
    const id = String(isObject(reply.body) ? reply.body.request_id : newRequestId());
    const location = `${base}/request/${id}`;
    this.#parked.set(id, { reply, location, pollsLeft: polls, polls: 0 });
    return { id, location };
  }

  reset(): void {
    this.findings.length = 0;
    this.#parked.clear();
  }

  #knows(key: string | undefined): boolean {
    return key !== undefined && this.#keys.has(key);
  }
}

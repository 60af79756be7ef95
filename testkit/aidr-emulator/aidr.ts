/** AIDR itself, without HTTP: its routes, from a received call to the right answer. */
import { accepted, failure, newRequestId, type Reply, success, validationFailed } from './envelope.ts';
import { Fpe } from './fpe.ts';
import { isObject, type JsonObject, mapStrings } from './json.ts';
import type { Policy } from './policy.ts';
import { type RateLimit, RateLimiter } from './rate-limit.ts';
import { validate } from './request.ts';
import { validateUnredact } from './unredact-request.ts';
import { unknownContext, unknownFields } from './validation.ts';
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

/** How an AIDR starts, and what a reset brings back. */
interface Settings {
  readonly policy: Policy;
  readonly keys: readonly string[];
  readonly historyBoundary: boolean;
  readonly rateLimit: RateLimit | undefined;
}

export class Aidr {
  readonly findings: Finding[] = [];
  readonly #parked = new Map<string, Parked>();
  readonly #settings: Settings;
  readonly #sides: ReturnType<typeof sidesOf>;
  readonly #limiter = new RateLimiter();
  readonly #fpe = new Fpe();
  #keys: ReadonlySet<string>;
  #unknownFields: readonly string[] = [];

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#sides = sidesOf(settings.policy);
    this.#keys = new Set(settings.keys);
    this.#limiter.set(settings.rateLimit);
  }

  /** `POST {base}/v1/guard_chat_completions` */
  guard(incoming: Incoming): Reply {
    const refusal = this.#refuse(incoming);
    if (refusal) return refusal;
    const unknown = unknownFields(incoming.body, this.#unknownFields);
    if (unknown.length > 0) return validationFailed(unknown);
    const request = validate(incoming.body);
    if (!request.ok) return validationFailed(request.errors);
    const clear = this.#cleared(request.guardInput, request.fpeContext);
    if (!clear) return validationFailed([unknownContext('input_fpe_context')]);

    const { eventType, guardInput } = request;
    const side = eventType === 'output' ? this.#sides.output : this.#sides.input;
    const { historyBoundary } = this.#settings;
    const encryption = this.#fpe.encryption();
    const { result, summary, sightings } = judge(clear, eventType, side, historyBoundary, encryption);
    // Decrypting alone is no transformation: then what was sent comes back as it was, encrypted.
    const answer = result.transformed === true ? result : { ...result, guard_output: guardInput };
    const requestId = newRequestId();
    const time = new Date().toISOString();
    for (const sighting of sightings)
      this.findings.push({ time, event_type: eventType, ...sighting, request_id: requestId });
    return success(requestId, summary, answer);
  }

  /** `POST {base}/v1/unredact` */
  unredact(incoming: Incoming): Reply {
    const refusal = this.#refuse(incoming);
    if (refusal) return refusal;
    const request = validateUnredact(incoming.body);
    if (!request.ok) return validationFailed(request.errors);
    const decrypt = this.#fpe.decryption(request.fpeContext);
    if (!decrypt) return validationFailed([unknownContext('fpe_context')]);
    return success(newRequestId(), '', { data: mapStrings(request.redactedData, decrypt) });
  }

  /** `GET {base}/request/{id}` */
  poll(key: string | undefined, id: string): Reply {
    const refusal = this.#admit(key);
    if (refusal) return refusal;
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

  /** Accepts these keys and no others. */
  setKeys(keys: readonly string[]): void {
    this.#keys = new Set(keys);
  }

  /** Is as an older AIDR that does not know these fields, given as JSON pointers into the request. */
  setUnknownFields(pointers: readonly string[]): void {
    this.#unknownFields = pointers;
  }

  knows(key: string | undefined): boolean {
    return key !== undefined && this.#keys.has(key);
  }

  /** Limits each key to so many calls, polls included; undefined lifts the limit. */
  limitRate(limit: RateLimit | undefined): void {
    this.#limiter.set(limit);
  }

  reset(): void {
    this.findings.length = 0;
    this.#parked.clear();
    this.setUnknownFields([]);
    this.setKeys(this.#settings.keys);
    this.limitRate(this.#settings.rateLimit);
  }

  /** A stranger has no bucket to empty. */
  #admit(key: string | undefined): Reply | undefined {
    if (key === undefined || !this.knows(key)) return failure(401);
    return this.#limiter.take(key);
  }

  /** What is refused before anybody reads the body. */
  #refuse({ key, contentType, raw, body }: Incoming): Reply | undefined {
    const refusal = this.#admit(key);
    if (refusal) return refusal;
    if (raw.length > MAX_BODY_BYTES) return failure(413);
    if (body === undefined || !contentType?.startsWith('application/json')) return failure(400, 'pangea');
    return undefined;
  }

  /**
   * The guard_input as the detectors read it: with a context, every string of it decrypted, history included.
   *
   * What a redaction leaves of it goes out in clear; a rule that encrypts does so under a context of the new request.
   * Neither is documented: the specification says only that the input is decrypted before it is processed.
   */
  #cleared(guardInput: JsonObject, context: string | undefined): JsonObject | undefined {
    if (context === undefined) return guardInput;
    const decrypt = this.#fpe.decryption(context);
    return decrypt && mapStrings(guardInput, decrypt);
  }
}

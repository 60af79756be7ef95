/** Faults on demand: what can go wrong between a client and AIDR, and which call it happens to. */
import { z } from 'zod';
import { accepted, failure, type Reply } from './envelope.ts';
import { isObject, mergePatch } from './json.ts';

const Common = {
  /** Milliseconds before the answer goes out, or before the connection is cut. */
  delayMs: z.number().nonnegative().optional(),
  match: z
    .strictObject({
      /** Which route: `guard` (default), `unredact` or `poll`. */
      on: z.enum(['guard', 'unredact', 'poll']).optional(),
      event_type: z.string().optional(),
      /** Part of some string in the request body. */
      text: z.string().optional(),
      /** Part of no string in it. */
      lacks: z.string().optional(),
    })
    .optional(),
};

/** The faults that can be written down, so that curl can set them. */
export const WrittenFault = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('delay'), ...Common, delayMs: z.number().nonnegative() }),
  z.strictObject({
    kind: z.literal('status'),
    ...Common,
    status: z.int().min(200).max(599),
    form: z.enum(['gateway', 'pangea', 'html']).optional(),
    headers: z.record(z.string(), z.string()).optional(),
  }),
  z.strictObject({ kind: z.literal('garbage'), ...Common }),
  z.strictObject({ kind: z.literal('close'), ...Common }),
  z.strictObject({ kind: z.literal('reset'), ...Common }),
  z.strictObject({ kind: z.literal('stall'), ...Common }),
  z.strictObject({
    kind: z.literal('accepted'),
    ...Common,
    polls: z.int().nonnegative(),
    location: z.string().optional(),
  }),
  z.strictObject({
    kind: z.literal('patch'),
    ...Common,
    patch: z.record(z.string(), z.unknown()),
    status: z.int().min(200).max(599).optional(),
  }),
]);

type WrittenFault = z.infer<typeof WrittenFault>;

/**
 * What happens to a call, by `kind`:
 *
 * - `delay`: the right answer, late. Every other kind can be late too, by `delayMs`.
 * - `status`: an error of that status, as `form` `gateway` (default), `pangea` or `html`, with more `headers`.
 * - `garbage`: 200 with a body that is not JSON.
 * - `close`, `reset`: the connection ends without an answer, politely or with a TCP reset.
 * - `stall`: the head of an answer, and then nothing.
 * - `accepted`: 202; the right answer after `polls` further 202s. `location` replaces the right place to ask.
 * - `patch`: the right answer, changed by a JSON merge patch (`null` removes a member), perhaps under another `status`.
 * - `answer`: the right answer's body, changed by a function.
 * - `held`: the right answer, as soon as a promise has come true.
 *
 * `status`, `garbage`, `close`, `reset` and `stall` happen before AIDR would look at key and body.
 */
export type Fault =
  | WrittenFault
  | (Pick<WrittenFault, 'delayMs' | 'match'> &
      ({ kind: 'answer'; answer: (body: unknown) => unknown } | { kind: 'held'; until: Promise<unknown> }));

/** What a fault is matched against. */
export interface Matchable {
  readonly route: 'guard' | 'unredact' | 'poll';
  readonly body: unknown;
}

/** The faults in force: one for every call until cleared, or a list of which each is used once. */
export class FaultPlan {
  #always: Fault | undefined;
  #once: Fault[] = [];

  set(faults: Fault | readonly Fault[] | undefined): void {
    this.#always = faults === undefined || isList(faults) ? undefined : faults;
    this.#once = faults !== undefined && isList(faults) ? [...faults] : [];
  }

  /** The fault for this call: the standing one, or the first of the list that matches, which is then gone. */
  take(call: Matchable): Fault | undefined {
    if (this.#always) return applies(this.#always, call) ? this.#always : undefined;
    const index = this.#once.findIndex((fault) => applies(fault, call));
    return index < 0 ? undefined : this.#once.splice(index, 1)[0];
  }
}

/** What goes out: an answer, or a way to give none. */
export type Outgoing = Reply | 'close' | 'reset' | 'stall';

/**
 * Puts a fault between AIDR and the client.
 *
 * @param genuine gives the right answer; not called when the fault comes before it.
 * @param park keeps an answer for polling, to be given after that many polls, and returns its id and location.
 */
export function applyFault(
  fault: Fault | undefined,
  genuine: () => Reply,
  park: (reply: Reply, polls: number) => { id: string; location: string },
): Outgoing {
  switch (fault?.kind) {
    case 'status':
      return failure(fault.status, fault.form, fault.headers);
    case 'garbage':
      return { status: 200, body: '{"status":"Success","result":{"blocked":fal' };
    case 'close':
    case 'reset':
    case 'stall':
      return fault.kind;
    case 'accepted': {
      const reply = genuine();
      if (reply.status !== 200) return reply;
      const { id, location } = park(reply, fault.polls);
      return accepted(id, fault.location ?? location, 0);
    }
    case 'patch': {
      const reply = genuine();
      return { ...reply, status: fault.status ?? reply.status, body: mergePatch(reply.body, fault.patch) };
    }
    case 'answer': {
      const reply = genuine();
      return { ...reply, body: fault.answer(reply.body) };
    }
    default:
      return genuine();
  }
}

function applies({ match }: Fault, { route, body }: Matchable): boolean {
  if ((match?.on ?? 'guard') !== route) return false;
  const eventType = route === 'guard' && isObject(body) ? (body.event_type ?? 'input') : undefined;
  if (match?.event_type !== undefined && match.event_type !== eventType) return false;
  if (match?.lacks !== undefined && holds(body, match.lacks)) return false;
  return match?.text === undefined || holds(body, match.text);
}

function holds(value: unknown, text: string): boolean {
  if (typeof value === 'string') return value.includes(text);
  return (
    typeof value === 'object' && value !== null && Object.values(value).some((each) => holds(each, text))
  );
}

function isList(faults: Fault | readonly Fault[]): faults is readonly Fault[] {
  return Array.isArray(faults);
}

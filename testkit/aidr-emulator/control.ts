/**
 * The control API: what people with curl, and tests of another process, ask of an emulator and set. It needs no key.
 *
 * | route | body |
 * |---|---|
 * | `GET /findings` | what was detected, without its text; `DELETE` forgets it |
 * | `PUT /faults` | one fault, or a list used up one call each (faults.ts); `DELETE` clears |
 * | `PUT /rate-limit` | `{"perSecond": 5, "burst": 10}`, optionally with the `form` of the 429 (rate-limit.ts); `DELETE` lifts it |
 * | `PUT /keys` | a list of the accepted keys, in place of those before; there is no way to read them back |
 */
import { z } from 'zod';
import type { Aidr } from './aidr.ts';
import type { Reply } from './envelope.ts';
import { type FaultPlan, WrittenFault } from './faults.ts';
import { parseJson } from './json.ts';
import { RateLimit } from './rate-limit.ts';

const DONE: Reply = { status: 204, body: '' };

const Keys = z.array(z.string().min(1));

/** The answer to `METHOD /path`. Undefined: not one of these routes. */
export function control(route: string, raw: Buffer, aidr: Aidr, faults: FaultPlan): Reply | undefined {
  switch (route) {
    case 'GET /findings':
      return { status: 200, body: aidr.findings };
    case 'DELETE /findings':
      aidr.findings.length = 0;
      return DONE;
    case 'PUT /faults': {
      const body = parseJson(raw);
      if (Array.isArray(body)) return put(z.array(WrittenFault), body, (list) => faults.set(list));
      return put(WrittenFault, body, (fault) => faults.set(fault));
    }
    case 'DELETE /faults':
      faults.set(undefined);
      return DONE;
    case 'PUT /rate-limit':
      return put(RateLimit, parseJson(raw), (limit) => aidr.limitRate(limit));
    case 'DELETE /rate-limit':
      aidr.limitRate(undefined);
      return DONE;
    case 'PUT /keys':
      return put(Keys, parseJson(raw), (keys) => aidr.setKeys(keys));
    default:
      return undefined;
  }
}

/** Checks what was sent before it is set. */
function put<T>(schema: z.ZodType<T>, body: unknown, set: (value: T) => void): Reply {
  const checked = schema.safeParse(body);
  if (!checked.success) return { status: 400, body: { error: z.prettifyError(checked.error) } };
  set(checked.data);
  return DONE;
}

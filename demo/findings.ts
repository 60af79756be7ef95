/** What AIDR found, as its console lists it, but once for each request of a client. */
import * as z from 'zod';
import type { Emulator, Finding } from '../testkit/aidr-emulator/index.ts';

export interface ShownFinding extends Omit<Finding, 'path'> {
  /** Of the same request, in which AIDR found the same. */
  calls: number;
}

const call = z.object({
  body: z.object({ extra_info: z.object({ kong_request_id: z.string() }) }),
  answer: z.object({ body: z.object({ request_id: z.string() }) }),
});

/** @returns the newest first; time and request id are those of the newest call */
export function shownFindings({ calls, findings }: Pick<Emulator, 'calls' | 'findings'>): ShownFinding[] {
  const clients = new Map(calls.flatMap(clientOf));
  const groups = Map.groupBy(findings, ({ request_id, event_type, detector, type, action }) =>
    JSON.stringify([clients.get(request_id) ?? request_id, event_type, detector, type, action]),
  );
  return [...groups.values()]
    .flatMap((group) => {
      const last = group.at(-1);
      if (!last) return [];
      const { path: _, ...shown } = last;
      return [{ ...shown, calls: new Set(group.map(({ request_id }) => request_id)).size }];
    })
    .sort((one, other) => other.time.localeCompare(one.time));
}

/** AIDR's id of a call, and Kong's of the request that it was made for. */
function clientOf(made: Emulator['calls'][number]): [string, string][] {
  const read = call.safeParse(made);
  return read.success ? [[read.data.answer.body.request_id, read.data.body.extra_info.kong_request_id]] : [];
}

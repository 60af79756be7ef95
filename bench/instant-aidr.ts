/**
 * An AIDR that answers at once, or after as many milliseconds as it is told, so that what is measured is ours: `/allow`,
 * `/block`, `/redact` and `/allow/50` as base URL; `/calls` says how often it was asked.
 * A process of its own, started by the benchmark; prints its port.
 */
import { serveFast, wholeAnswer } from './fast-server.ts';

const envelope = {
  request_id: 'prq_bench',
  status: 'Success',
  summary: 'Malicious Prompt was detected and blocked.',
};
const ALLOWED = json({ ...envelope, result: { blocked: false, transformed: false, detectors: {} } });
const BLOCKED = json({ ...envelope, result: { blocked: true, transformed: false, detectors: {} } });

let calls = 0;

serveFast(({ head, body }) => {
  if (head.startsWith('GET /calls ')) return { bytes: json({ calls }) };
  calls++;
  const delayMs = Number(/^POST \/\w+\/(\d+)\//.exec(head)?.[1] ?? 0);
  if (head.startsWith('POST /allow/')) return { bytes: ALLOWED, delayMs };
  if (head.startsWith('POST /block/')) return { bytes: BLOCKED, delayMs };
  return { bytes: redacted(Buffer.concat(body).toString()), delayMs };
});

/** Every message becomes a star longer. */
function redacted(body: string): Buffer {
  const { messages } = JSON.parse(body).guard_input;
  const changed = messages.map((message: { content: string }) => ({
    ...message,
    content: `${message.content}*`,
  }));
  return json({
    ...envelope,
    result: { blocked: false, transformed: true, guard_output: { messages: changed } },
  });
}

function json(value: unknown): Buffer {
  return wholeAnswer('application/json', JSON.stringify(value));
}

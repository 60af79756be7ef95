/**
 * An AIDR that answers at once, so that what is measured is ours: `/allow`, `/block` and `/redact` as base URL.
 * A process of its own, started by the benchmark; prints its port.
 */
import { createServer } from 'node:http';

const envelope = {
  request_id: 'prq_bench',
  status: 'Success',
  summary: 'Malicious Prompt was detected and blocked.',
};
const ALLOWED = JSON.stringify({
  ...envelope,
  result: { blocked: false, transformed: false, detectors: {} },
});
const BLOCKED = JSON.stringify({ ...envelope, result: { blocked: true, transformed: false, detectors: {} } });

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    response.setHeader('content-type', 'application/json');
    if (request.url?.startsWith('/allow')) response.end(ALLOWED);
    else if (request.url?.startsWith('/block')) response.end(BLOCKED);
    else response.end(redacted(Buffer.concat(chunks).toString()));
  });
});

/** Every message becomes a star longer. */
function redacted(body: string): string {
  const { messages } = JSON.parse(body).guard_input;
  const changed = messages.map((message: { content: string }) => ({
    ...message,
    content: `${message.content}*`,
  }));
  return JSON.stringify({
    ...envelope,
    result: { blocked: false, transformed: true, guard_output: { messages: changed } },
  });
}

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address) console.log(address.port);
});

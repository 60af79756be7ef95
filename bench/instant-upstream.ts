/**
 * A provider that answers at once, over TLS. A process of its own, started by the benchmark with the paths of its key
 * and certificate; prints its port.
 */
import { readFileSync } from 'node:fs';
import { ANSWER_HEADER, answer, answerEvents } from './bodies.ts';
import { chunkedAnswer, serveFast, wholeAnswer } from './fast-server.ts';

const [key = '', cert = ''] = process.argv.slice(2).map((path) => readFileSync(path, 'utf8'));

const WANTED = new RegExp(`\\r\\n${ANSWER_HEADER}: (json|sse) (\\d+)\\r\\n`, 'i');
const answers = new Map<string, Buffer>();

serveFast(
  ({ head }) => {
    const [, shape, bytes] = WANTED.exec(head) ?? [];
    const name = `${shape} ${bytes}`;
    const ready = answers.get(name) ?? answerOf(shape === 'sse', Number(bytes));
    answers.set(name, ready);
    return { bytes: ready };
  },
  { key, cert },
);

function answerOf(isStream: boolean, bytes: number): Buffer {
  return isStream
    ? chunkedAnswer('text/event-stream', answerEvents(bytes))
    : wholeAnswer('application/json', answer(bytes));
}

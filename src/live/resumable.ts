/** The chunks of a body, each of which is told first. Leaving a loop over them does not end the body. */
export function resumable(
  body: AsyncIterable<Uint8Array>,
  seen: (chunk: Uint8Array) => void,
): AsyncIterable<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]();
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        const next = await chunks.next();
        if (!next.done) seen(next.value);
        return next;
      },
    }),
  };
}

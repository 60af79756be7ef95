/**
 * Events out of the chunks of a stream, as Kong's ai-proxy finds them: it expects every chunk to hold whole events.
 * The last line of a chunk is joined to the next chunk, but the fields before it are forgotten, and a carriage return
 * is part of its line.
 */

export interface SseEvent {
  readonly event?: string;
  readonly data?: string;
}

export class SseFrames {
  /** The beginning of a line that the last chunk cut. */
  #head: string | undefined;

  /** The events of a chunk, empty ones included. */
  read(chunk: Buffer): SseEvent[] {
    // One character a byte: a chunk may end within a character.
    const frame = chunk.toString('latin1');
    if (this.#head === undefined && trimmedStart(frame).startsWith('{')) {
      return (frame.match(/[^\r\n]+/g) ?? []).map((line) => ({ data: decoded(line) }));
    }
    const lines = frame.split('\n');
    const events: SseEvent[] = [];
    let current: { event?: string; data?: string } = {};
    for (const [index, line] of lines.entries()) {
      if (line === '') {
        events.push(current);
        current = {};
      } else if (index === lines.length - 1) {
        this.#head = `${this.#head ?? ''}${line}`;
        break;
      }
      const whole = `${this.#head ?? ''}${line}`;
      this.#head = undefined;
      const colon = whole.indexOf(':');
      const field = colon > 0 ? whole.slice(0, colon) : '';
      if (field === 'event' || field === 'data')
        current[field] = decoded(trimmedStart(whole.slice(colon + 1)));
    }
    return events;
  }
}

function decoded(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

function trimmedStart(text: string): string {
  return text.replace(/^[ \t\r\n\v\f]+/, '');
}

/** The texts of a body of JSON or of a stream of events, and the same bytes with others in their places. */
import { isObject } from '../../../src/formats/segment.ts';
import { type Place, placesIn, withText } from './places.ts';

export interface Texts {
  fixed: Place[];
  /** The body with another text wherever one can be redacted; undefined where there is no such place. */
  with(text: string): Buffer | undefined;
  only(place: Place, text: string): Buffer;
}

/** @returns no places for any other body; those of a form are its files */
export function textsOf(body: string, type = 'application/json'): Texts {
  if (type.startsWith('multipart/')) return filesOf(body);
  const events = type === 'text/event-stream' ? body.split('\n\n').map(eventOf).filter(Boolean) : undefined;
  const value = events ?? (type === 'application/json' ? parsed(body) : undefined);
  const places = placesIn(value);
  const free = places.filter(({ isFixed }) => !isFixed);
  const written = (changed: unknown) =>
    Buffer.from(events && Array.isArray(changed) ? changed.map(sseEvent).join('') : JSON.stringify(changed));
  return {
    fixed: places.filter(({ isFixed }) => isFixed),
    with: (text) => (free.length > 0 ? written(withText(value, free, text)) : undefined),
    only: (place, text) => written(withText(value, [place], text)),
  };
}

function eventOf(event: string): unknown {
  return parsed(event.replace(/^data: /, ''));
}

function sseEvent(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

function filesOf(form: string): Texts {
  const file = /(; filename="[^"]*"\r\n(?:[^\r\n]+\r\n)*\r\n)words(?=\r\n)/g;
  const said = (text: string) => Buffer.from(form.replaceAll(file, (_, head: string) => `${head}${text}`));
  return { fixed: [], with: said, only: (_, text) => said(text) };
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) || Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

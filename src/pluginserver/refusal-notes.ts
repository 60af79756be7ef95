/**
 * How the instances refuse, in a file that outlives the serving process: the supervisor, which reads no configuration
 * and knows no provider, finds there what to say in its place.
 *
 * A line for each way to refuse, which many instances share; its place in the file is its number. Nothing is written
 * while nothing is new.
 */
import { fstatSync, readSync, writeSync } from 'node:fs';
import type { RefusalReply } from '../inspection/refusal/refusal-to-anyone.ts';
import type { Refuser } from '../inspection/refusal/refuser.ts';
import { refuserInStyle } from './refusal.ts';

/** A refuser, and what tells it apart from others. */
export interface KeyedRefuser extends Refuser {
  readonly key: string;
}

/** What is said when the serving process is gone. */
interface Note {
  key: string;
  request: RefusalReply;
  response: RefusalReply;
}

/** Of no note: a line begins behind a line feed. */
const NOWHERE = 0;

/** What of an unchecked configuration decides how requests are refused whose client is not known. Nothing of it is secret. */
export function refusalKey(plugin: string, config: unknown): string {
  const { provider, api_uri } = membersOf(membersOf(config).upstream_llm);
  const { rejection_style, protocol, error_code } = membersOf(config);
  return JSON.stringify([plugin, rejection_style, provider, api_uri, protocol, error_code]);
}

/** The serving process's side. */
export class RefusalNotes {
  readonly #descriptor: number;
  readonly #places = new Map<string, number>();

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
    for (const [place, { key }] of notesIn(descriptor)) this.#places.set(key, place);
  }

  /** @returns what `NotedRefusals` finds it by, whatever becomes of this process */
  placeOf(refuser: KeyedRefuser): number {
    return this.#places.get(refuser.key) ?? this.#add(refuser);
  }

  #add(refuser: KeyedRefuser): number {
    const { key } = refuser;
    try {
      const reply = (direction: 'request' | 'response') => refuser.replyToFailure(direction, 'overloaded');
      const note: Note = { key, request: reply('request'), response: reply('response') };
      const place = fstatSync(this.#descriptor).size + 1;
      writeSync(this.#descriptor, `\n${JSON.stringify(note)}\n`, place - 1);
      this.#places.set(key, place);
      return place;
    } catch {
      return NOWHERE;
    }
  }
}

/** The supervisor's side. */
export class NotedRefusals {
  readonly #descriptor: number;
  #notes = new Map<number, Note>();
  #size = 0;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** @param place where the serving process noted it */
  at(place: number, neverRefuses: boolean): Refuser {
    return refuserOf(this.#read().get(place), neverRefuses) ?? refuserInStyle('stealth', neverRefuses);
  }

  /** @param config of an instance that is begun while nobody serves */
  of(plugin: string, config: unknown): Refuser {
    const { enforcing_strategy, rejection_style } = membersOf(config);
    const neverRefuses = enforcing_strategy === 'audit';
    const key = refusalKey(plugin, config);
    const note = [...this.#read().values()].find((one) => one.key === key);
    return refuserOf(note, neverRefuses) ?? refuserInStyle(rejection_style, neverRefuses);
  }

  #read(): Map<number, Note> {
    const { size } = fstatSync(this.#descriptor);
    if (size !== this.#size) this.#notes = notesIn(this.#descriptor);
    this.#size = size;
    return this.#notes;
  }
}

function refuserOf(note: Note | undefined, neverRefuses: boolean): Refuser | undefined {
  return note && { neverRefuses, replyToFailure: (direction) => note[direction] };
}

/** By their places. What a process left half written, which was killed, is none. */
function notesIn(descriptor: number): Map<number, Note> {
  const bytes = Buffer.alloc(fstatSync(descriptor).size);
  const text = bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, 0));
  const notes = new Map<number, Note>();
  for (let place = 0; place < text.length; ) {
    const end = text.indexOf(LINE_FEED, place);
    const note = parsed(text.subarray(place, end === -1 ? text.length : end).toString());
    if (note) notes.set(place, note);
    place = end === -1 ? text.length : end + 1;
  }
  return notes;
}

const LINE_FEED = 0x0a;

function parsed(line: string): Note | undefined {
  try {
    return line === '' ? undefined : (JSON.parse(line) as Note);
  } catch {
    return undefined;
  }
}

function membersOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

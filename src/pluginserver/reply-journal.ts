/**
 * What the serving process owes Kong on each connection, in a file that outlives it: the supervisor reads there what it
 * has to answer in its place.
 *
 * Nothing is written for a question that is answered at once, which most are. The file has a slot for each connection;
 * the first one holds the sign of life.
 */
import { openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Refuser } from '../inspection/refusal/refuser.ts';
import type { KeyedRefuser, NotedRefusals, RefusalNotes } from './refusal-notes.ts';
import { codeOf, SocketError } from './unix-socket.ts';

/** What Kong waits for on a connection. */
export interface OwedReply<Refusing extends Refuser = Refuser> {
  /** Kong's id of the message. */
  messageId: number;
  phase: string;
  refuser: Refusing;
}

export type ConnectionState<Refusing extends Refuser = Refuser> =
  /** Nothing is owed, unless the serving process died just when it had read from this connection. */
  | { kind: 'free' }
  /** Kong is in the middle of saying something. */
  | { kind: 'reading' }
  | { kind: 'owed'; reply: OwedReply<Refusing> }
  /** An instance of a plugin is being started. */
  | { kind: 'starting'; messageId: number }
  /** A large answer may be on its way in part. */
  | { kind: 'writing' };

const SLOT_BYTES = 16;
/** Bytes that the file has from the beginning: what has its place is never refused for want of room. */
const FIRST_BYTES = 4_096;
const KINDS = ['free', 'reading', 'owed', 'starting', 'writing'] as const;
const FREE = { kind: 'free' } as const;
/** Where a slot has a message's id or, in the first one, the count of signs of life. */
const NUMBER_AT = 8;
/** By which a slot names a phase; one that is not among them refuses nothing. */
const PHASES = ['', 'rewrite', 'access', 'response'];

/**
 * @param folder where a file can be made; it has no name by the time this returns
 * @returns a file descriptor
 * @throws SocketError
 */
export function openNameless(folder: string, kind: 'journal' | 'refusals'): number {
  const path = join(folder, `.aidr-${kind}.${process.pid}.${Date.now()}`);
  try {
    const descriptor = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
    if (kind === 'journal' && !isWritten(descriptor, Buffer.alloc(FIRST_BYTES), 0))
      throw new SocketError('ENOSPC');
    return descriptor;
  } catch (error) {
    const code = error instanceof SocketError ? error.message : codeOf(error);
    throw new SocketError(
      code === 'ENOENT' ? `there is no folder ${folder}` : `cannot make a file in ${folder}: ${code}`,
    );
  }
}

/** Where the disk is full, a part may be written. */
function isWritten(descriptor: number, bytes: Uint8Array, at: number): boolean {
  return writeSync(descriptor, bytes, 0, bytes.length, at) === bytes.length;
}

/** The supervisor's side. */
export class JournalReader {
  readonly #descriptor: number;
  readonly #refusals: NotedRefusals;
  readonly #slot = Buffer.alloc(SLOT_BYTES);

  constructor(descriptor: number, refusals: NotedRefusals) {
    this.#descriptor = descriptor;
    this.#refusals = refusals;
  }

  /** @returns another number each time the serving process's event loop has turned */
  beat(): number {
    return this.#read(0) ? this.#slot.readDoubleLE(NUMBER_AT) : 0;
  }

  /** @param slot of a connection, from 1 on */
  state(slot: number): ConnectionState {
    if (!this.#read(slot)) return FREE;
    const kind = KINDS[this.#slot.readUInt8(0)] ?? 'reading';
    const messageId = this.#slot.readDoubleLE(NUMBER_AT);
    if (kind === 'starting') return { kind, messageId };
    if (kind !== 'owed') return { kind };
    const phase = PHASES[this.#slot.readUInt8(1)] ?? '';
    const refuser = this.#refusals.at(this.#slot.readUInt32LE(4), this.#slot.readUInt8(2) === 1);
    return { kind, reply: { messageId, phase, refuser } };
  }

  /**
   * A connection's slot goes to another one.
   *
   * @returns false where there is no room for it: nothing could be noted there
   */
  clear(slot: number): boolean {
    try {
      return isWritten(this.#descriptor, Buffer.alloc(SLOT_BYTES), slot * SLOT_BYTES);
    } catch {
      return false;
    }
  }

  #read(slot: number): boolean {
    return readSync(this.#descriptor, this.#slot, 0, SLOT_BYTES, slot * SLOT_BYTES) === SLOT_BYTES;
  }
}

/** The serving process's side. */
export class ReplyJournal {
  readonly #descriptor: number;
  readonly #refusals: RefusalNotes;
  readonly #slot = Buffer.alloc(SLOT_BYTES);
  readonly #firstSlot = Buffer.alloc(SLOT_BYTES);
  #dirty = new Set<ConnectionJournal>();
  #beats = 0;
  /** Why something could not be written. */
  failure: string | undefined;

  constructor(descriptor: number, refusals: RefusalNotes) {
    this.#descriptor = descriptor;
    this.#refusals = refusals;
  }

  /** @returns whether it can be read */
  beat(): boolean {
    this.#firstSlot.writeDoubleLE(++this.#beats, NUMBER_AT);
    return this.#write(this.#firstSlot, 0);
  }

  connection(slot: number): ConnectionJournal {
    return new ConnectionJournal(this, slot);
  }

  /** When all that was read has been done that needs no waiting; before anything else is read, which may take long. */
  writeSoon(connection: ConnectionJournal): void {
    if (this.#dirty.size === 0) queueMicrotask(() => process.nextTick(() => this.#flush()));
    this.#dirty.add(connection);
  }

  /**
   * @returns false where it is not written. What the file says then is out of date: if this process dies, Kong gets an answer
   * to another question or none, and ends the request
   */
  write(slot: number, state: ConnectionState<KeyedRefuser>): boolean {
    const reply = state.kind === 'owed' ? state.reply : undefined;
    const messageId = state.kind === 'starting' ? state.messageId : reply?.messageId;
    this.#slot.writeUInt8(KINDS.indexOf(state.kind), 0);
    this.#slot.writeUInt8(Math.max(0, PHASES.indexOf(reply?.phase ?? '')), 1);
    this.#slot.writeUInt8(reply?.refuser.neverRefuses ? 1 : 0, 2);
    this.#slot.writeUInt32LE(reply ? this.#refusals.placeOf(reply.refuser) : 0, 4);
    this.#slot.writeDoubleLE(messageId ?? 0, NUMBER_AT);
    return this.#write(this.#slot, slot * SLOT_BYTES);
  }

  #write(bytes: Uint8Array, at: number): boolean {
    try {
      if (isWritten(this.#descriptor, bytes, at)) return true;
      this.failure ??= 'ENOSPC';
    } catch (error) {
      this.failure ??= codeOf(error);
    }
    return false;
  }

  #flush(): void {
    const dirty = this.#dirty;
    this.#dirty = new Set();
    for (const connection of dirty) connection.write();
  }
}

/** One connection's slot: what is owed there now, and what the file says. */
export class ConnectionJournal {
  readonly #journal: ReplyJournal;
  readonly #slot: number;
  #state: ConnectionState<KeyedRefuser> = FREE;
  #written: ConnectionState<KeyedRefuser> = this.#state;

  constructor(journal: ReplyJournal, slot: number) {
    this.#journal = journal;
    this.#slot = slot;
  }

  /** What was read ends in the middle of a message. */
  readPart(): void {
    if (this.#state.kind !== 'reading') this.#become({ kind: 'reading' });
  }

  /** What was read are whole messages. */
  readWhole(): void {
    if (this.#state.kind === 'reading') this.#become(FREE);
  }

  /** How long that takes, the plugin decides. */
  starting(messageId: number): void {
    this.#become({ kind: 'starting', messageId });
  }

  /** @param isUrgent what comes next may keep the event loop busy */
  owe(reply: OwedReply<KeyedRefuser>, isUrgent: boolean): void {
    this.#state = { kind: 'owed', reply };
    if (isUrgent) this.write();
    else this.#journal.writeSoon(this);
  }

  /** A reply of a size that Kong reads in parts is about to be written. */
  beginLarge(): void {
    this.#become({ kind: 'writing' });
  }

  /** Nothing is owed any more. */
  paid(): void {
    this.#become(FREE);
  }

  /** A large reply is on its way whole. */
  written(): void {
    if (this.#state.kind === 'writing') this.paid();
  }

  #become(state: ConnectionState<KeyedRefuser>): void {
    this.#state = state;
    this.write();
  }

  write(): void {
    if (this.#written === this.#state) return;
    if (this.#journal.write(this.#slot, this.#state)) this.#written = this.#state;
  }
}

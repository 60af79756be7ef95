/**
 * What an instance writes to Kong's log: not so much that an attack fills the disk. What is learned outside a phase,
 * where there is no log, waits for the next one: of this instance, or, if it is about a request, of any instance.
 */
import { tellLine } from '../../src/inspection/report/line-sink.ts';
import type { KongRequest } from '../../src/kong/kong-request.ts';

export interface LogLine {
  level: 'err' | 'warn' | 'notice';
  text: string;
  /** Kong's, where the line is about one request and it is known. */
  requestId?: string | undefined;
}

const MAX_LINES_A_SECOND = 10;
const MAX_WAITING = 100;

/** About requests whose phases are over. */
const late: { instance: LogLines; line: LogLine }[] = [];

export class LogLines {
  readonly #plugin: string;
  #waiting: LogLine[];
  #second = 0;
  #written = 0;
  #left = 0;

  constructor(plugin: string, first: LogLine[]) {
    this.#plugin = plugin;
    this.#waiting = first;
  }

  /** Now, if there is room this second. */
  async write(kongRequest: KongRequest, { level, text, requestId }: LogLine): Promise<void> {
    const second = Math.floor(Date.now() / 1000);
    if (second !== this.#second) [this.#second, this.#written] = [second, 0];
    if (this.#written >= MAX_LINES_A_SECOND) {
      this.#left += 1;
      return;
    }
    this.#written += 1;
    const left = this.#left > 0 ? ` (${this.#left} lines were left out before this one)` : '';
    this.#left = 0;
    tellLine({ level, plugin: this.#plugin, text: text + left, requestId });
    await kongRequest.log(level, `${this.#plugin}: ${text}${left}`);
  }

  /** With the next phase. */
  add(line: LogLine): void {
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push(line);
    else this.#left += 1;
  }

  /** With the next phase of any instance. */
  addLate(line: LogLine): void {
    if (late.length < MAX_WAITING) late.push({ instance: this, line });
    else this.#left += 1;
  }

  async writeWaiting(kongRequest: KongRequest): Promise<void> {
    if (this.#waiting.length + late.length === 0) return;
    const lines = this.#waiting;
    this.#waiting = [];
    for (const line of lines) await this.write(kongRequest, line);
    for (const { instance, line } of late.splice(0)) await instance.write(kongRequest, line);
  }
}

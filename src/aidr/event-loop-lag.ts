/**
 * How long this process was too busy to look at anything. AIDR's answers wait meanwhile, and deadlines pass: that is
 * not AIDR's failure, and a caller can bring it about.
 */

/** Milliseconds between two looks at the clock, made only while somebody wants to know. */
const BEAT = 20;
/** A look that comes so many milliseconds late is nothing special. */
const TOLERANCE = 50;

let watching = 0;
let timer: NodeJS.Timeout | undefined;
let lastBeat = 0;
let stalled = 0;

/** Milliseconds since the watch began, in which nothing but one thing ran. */
export class EventLoopLag {
  readonly #before: number;
  #hasEnded = false;

  constructor() {
    if (watching++ === 0) {
      lastBeat = performance.now();
      timer = setInterval(tick, BEAT).unref();
    }
    tick();
    this.#before = stalled;
  }

  get stalled(): number {
    tick();
    return stalled - this.#before;
  }

  /** May be called again: an inspection can be given up before it ends. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    if (--watching === 0) clearInterval(timer);
  }
}

function tick(): void {
  const now = performance.now();
  const late = now - lastBeat - BEAT;
  if (late > TOLERANCE) stalled += late;
  lastBeat = now;
}

/**
 * Finds any of many values in a text, in time proportional to the text, whatever the values are: both can be a
 * caller's. It is Aho and Corasick's automaton, built and run from the end to the beginning, so that it knows for each
 * place the longest value that begins there.
 */
export interface Occurrence {
  value: string;
  /** In UTF-16 code units. */
  at: number;
}

/** Where the automaton goes from one state with one code unit. */
interface Step {
  from: number;
  code: number;
  to: number;
}

const CODES = 65_536;
/** Nothing of any value was read. */
const START = 0;

export class ValueFinder {
  /** By state and code unit, in one map: a map for each state would take five times the memory. */
  readonly #next = new Map<number, number>();
  /** Where to go on when no step fits: the state for the longest part of what was read. */
  readonly #fallback: number[] = [START];
  /** The longest value that begins where the state was reached. */
  readonly #value: (string | undefined)[] = [undefined];

  /** @param values empty ones are ignored */
  constructor(values: Iterable<string>) {
    const byDepth: Step[][] = [];
    for (const value of values) if (value !== '') this.#add(value, byDepth);
    for (const { from, code, to } of byDepth.flat()) {
      const fallback = from === START ? START : this.#after(this.#fallback[from] ?? START, code);
      this.#fallback[to] = fallback;
      this.#value[to] ??= this.#value[fallback];
    }
  }

  #add(value: string, byDepth: Step[][]): void {
    let state = START;
    for (let at = value.length - 1, depth = 0; at >= 0; at--, depth++) {
      const code = value.charCodeAt(at);
      const known = this.#next.get(state * CODES + code);
      const to = known ?? this.#value.length;
      if (known === undefined) {
        this.#next.set(state * CODES + code, to);
        this.#value.push(undefined);
        const steps = byDepth[depth] ?? [];
        steps.push({ from: state, code, to });
        byDepth[depth] = steps;
      }
      state = to;
    }
    this.#value[state] = value;
  }

  #after(state: number, code: number): number {
    for (let from = state; ; from = this.#fallback[from] ?? START) {
      const to = this.#next.get(from * CODES + code);
      if (to !== undefined) return to;
      if (from === START) return START;
    }
  }

  /** In reading order, without overlaps; of values that begin together, the longest. */
  *in(text: string): Generator<Occurrence> {
    let end = 0;
    for (const occurrence of [...this.#backwards(text)].reverse()) {
      if (occurrence.at < end) continue;
      yield occurrence;
      end = occurrence.at + occurrence.value.length;
    }
  }

  isIn(text: string): boolean {
    return !this.#backwards(text).next().done;
  }

  *#backwards(text: string): Generator<Occurrence> {
    let state = START;
    for (let at = text.length - 1; at >= 0; at--) {
      state = this.#after(state, text.charCodeAt(at));
      const value = this.#value[state];
      if (value !== undefined) yield { value, at };
    }
  }
}

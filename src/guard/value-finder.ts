/** Finds any of many values in a text, in one pass however many they are: both can be a caller's. */
export interface Occurrence {
  value: string;
  /** In UTF-16 code units. */
  at: number;
}

/** A tree of code units; a path from its root that ends in a value spells it. */
interface Branch {
  next?: Map<number, Branch>;
  value?: string;
}

export class ValueFinder {
  readonly #root: Branch = {};

  /** @param values empty ones are ignored */
  constructor(values: Iterable<string>) {
    for (const value of values) {
      let branch = this.#root;
      for (let at = 0; at < value.length; at++) branch = grown(branch, value.charCodeAt(at));
      if (value !== '') branch.value = value;
    }
  }

  /** In reading order, without overlaps; of values that begin together, the longest. */
  *in(text: string): Generator<Occurrence> {
    for (let at = 0; at < text.length; ) {
      const value = this.#valueAt(text, at);
      if (value !== undefined) yield { value, at };
      at += value?.length ?? 1;
    }
  }

  isIn(text: string): boolean {
    return !this.in(text).next().done;
  }

  #valueAt(text: string, at: number): string | undefined {
    let longest: string | undefined;
    let branch = this.#root.next?.get(text.charCodeAt(at));
    for (let end = at + 1; branch; end++) {
      longest = branch.value ?? longest;
      branch = branch.next?.get(text.charCodeAt(end));
    }
    return longest;
  }
}

function grown(branch: Branch, code: number): Branch {
  branch.next ??= new Map();
  let next = branch.next.get(code);
  if (!next) {
    next = {};
    branch.next.set(code, next);
  }
  return next;
}

/**
 * Values by their paths, found in time proportional to the steps of a path: a caller chooses the keys, so a step is looked
 * up and never copied, however long it is.
 */
import type { Path } from './edit.ts';

/** What is known at one path. */
export interface PathEntry<Value> {
  value?: Value;
}

interface Node<Value> extends PathEntry<Value> {
  /** Made when there is a step: most paths end here. */
  children?: Map<string | number | typeof INNER, Node<Value>>;
}

/** From a string to what stands in the JSON that it holds. */
const INNER = Symbol('inner');

/** One place of a map, for walks that go from step to step beside the value that the paths lead into. */
export type PathNode = { readonly brand: 'PathPlace' };

export class PathMap<Value> {
  readonly #root: Node<Value> = {};

  /**
   * @param inner goes on inside the string at `path`
   * @returns the entry of a path, a new one without a value where there was none
   */
  at(path: Path, inner?: Path): PathEntry<Value> {
    let node = this.#root;
    for (const step of path) node = below(node, step);
    if (inner === undefined) return node;
    node = below(node, INNER);
    for (const step of inner) node = below(node, step);
    return node;
  }

  /** @returns where a walk may begin; undefined when nothing is at or below the path */
  nodeOf(path: Path): PathNode | undefined {
    let place: PathNode | undefined = this.#root as unknown as PathNode;
    for (const step of path) place = nodeBelow(place, step);
    return place;
  }

  /** The values at the beginnings of a path, the shortest first, the path itself included. */
  *along(path: Path): Generator<Value> {
    let node: Node<Value> | undefined = this.#root;
    if (node.value !== undefined) yield node.value;
    for (const step of path) {
      node = node.children?.get(step);
      if (!node) return;
      if (node.value !== undefined) yield node.value;
    }
  }
}

/** Whether there is a value at a place, or inside the string that stands there. */
export function hasValue(place: PathNode | undefined): boolean {
  const node = place as Node<unknown> | undefined;
  return node !== undefined && (node.value !== undefined || node.children?.has(INNER) === true);
}

/** @returns undefined where no value is below the step */
export function nodeBelow(place: PathNode | undefined, step: string | number): PathNode | undefined {
  return (place as Node<unknown> | undefined)?.children?.get(step) as PathNode | undefined;
}

function below<Value>(node: Node<Value>, step: string | number | typeof INNER): Node<Value> {
  node.children ??= new Map();
  let child = node.children.get(step);
  if (!child) {
    child = {};
    node.children.set(step, child);
  }
  return child;
}

export function isAtOrBelow(path: Path, place: Path): boolean {
  return place.every((step, index) => path[index] === step);
}

export function isSamePath(one: Path, other: Path): boolean {
  return one.length === other.length && one.every((step, index) => step === other[index]);
}

/** Compares two JSON texts byte by byte, but for values that may differ. Reads them with another parser than ours. */
import { type Node, parseTree } from 'jsonc-parser';
import type { Path } from '../src/body/json/edit.ts';

/** @returns where the texts differ though they must not; undefined when they do not */
export function differenceOutside(
  before: string,
  after: string,
  mayDiffer: (path: Path) => boolean,
): string | undefined {
  const [old, changed] = [rootOf(before), rootOf(after)];
  if (!old || !changed) return 'not JSON';
  const compare = (a: Node, b: Node, path: Path): string | undefined => {
    const [textA, textB] = [textOf(before, a), textOf(after, b)];
    if (textA === textB || mayDiffer(path)) return undefined;
    const [childrenA, childrenB] = [a.children ?? [], b.children ?? []];
    const isContainer = a.type === b.type && childrenA.length > 0;
    if (!isContainer || childrenA.length !== childrenB.length)
      return `${path.join('/')} became ${textB.slice(0, 80)}`;
    if (gapsOf(before, a) !== gapsOf(after, b)) return `what stands between the members of ${path.join('/')}`;
    for (const [index, child] of childrenA.entries()) {
      const other = childrenB[index];
      const difference = other && compare(child, other, stepInto(a, child, index, path));
      if (difference !== undefined) return difference;
    }
    return undefined;
  };
  return compare(old, changed, []) ?? aroundRoot(before, old, after, changed);
}

/** Deep nesting is no reason to give up. */
function rootOf(text: string): Node | undefined {
  return parseTree(text, [], { disallowComments: true });
}

function textOf(text: string, { offset, length }: Node): string {
  return text.slice(offset, offset + length);
}

function stepInto(owner: Node, child: Node, index: number, path: Path): Path {
  if (owner.type === 'array') return [...path, index];
  return child.type === 'property' ? [...path, String(child.children?.[0]?.value)] : path;
}

function gapsOf(text: string, node: Node): string {
  let at = node.offset;
  const gaps = (node.children ?? []).map((child) => {
    const gap = text.slice(at, child.offset);
    at = child.offset + child.length;
    return gap;
  });
  return JSON.stringify([...gaps, text.slice(at, node.offset + node.length)]);
}

function aroundRoot(before: string, old: Node, after: string, changed: Node): string | undefined {
  const outside = (text: string, { offset, length }: Node) => [
    text.slice(0, offset),
    text.slice(offset + length),
  ];
  const isSame = JSON.stringify(outside(before, old)) === JSON.stringify(outside(after, changed));
  return isSame ? undefined : 'what stands around the value';
}

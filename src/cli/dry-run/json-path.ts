/** Where something stands in a body, as people write it: `$.messages[0].content`. */
import type { Path } from '../../body/json/edit.ts';

/** @param inner goes on in the string that stands there */
export function jsonPath(path: Path, inner?: Path): string {
  const steps = path.map(stepOf).join('');
  const within = inner === undefined ? '' : ` ${inner.map(insideOf).join('')}`;
  return `$${steps}${within}`;
}

/** The same for all items of a list. */
export function pathPattern(path: Path): string {
  return `$${path.map((step) => (typeof step === 'number' ? '[*]' : stepOf(step))).join('')}`;
}

function stepOf(step: string | number): string {
  if (typeof step === 'number') return `[${step}]`;
  return /^[A-Za-z_]\w*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}

/** The steps that readers make up stand in brackets: `(key)`. */
function insideOf(step: string | number): string {
  return typeof step === 'string' && /^\(\w+\)$/.test(step) ? step : stepOf(step);
}

/** Every regular expression on foreign text: no alternation of what it names makes it slow. */
import { type Arbitrary, array, constantFrom, record } from 'fast-check';
import {
  expressionsOfSource,
  type SourceExpression,
  type Strain,
  slowLength,
  unitsOf,
} from '../regular-expressions.ts';
import type { Target } from '../target.ts';

interface Input {
  expression: SourceExpression;
  strain: Strain;
}

const anyInput = constantFrom(...expressionsOfSource()).chain((expression) =>
  anyStrain(expression).map((strain): Input => ({ expression, strain })),
);

function anyStrain({ source }: SourceExpression): Arbitrary<Strain> {
  const unit = constantFrom(...unitsOf(source));
  const some = (minLength: number, maxLength: number) =>
    array(unit, { minLength, maxLength }).map((units) => units.join(''));
  return record({ before: some(0, 3), repeated: some(1, 4), after: some(0, 2) });
}

export const expressions: Target<Input> = {
  name: 'expressions',
  inputs: anyInput,
  show: (input) => JSON.stringify(input),
  start: async () => ({ check: checkExpression }),
};

function checkExpression({ expression: { file, source, flags }, strain }: Input): void {
  const length = slowLength(new RegExp(source, flags), strain);
  if (length !== undefined) throw new Error(`slow at ${length} units: /${source}/${flags} of ${file}`);
}

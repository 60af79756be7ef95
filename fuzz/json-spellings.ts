/** JSON as different writers write it: what it says is the same, its bytes are not. */
import { constantFrom } from 'fast-check';

export type Spelling = 'dense' | 'wide' | 'escaped' | 'slashed';

export const anySpelling = constantFrom<Spelling>('dense', 'wide', 'escaped', 'slashed');

/** @returns a text without line breaks, unless it is a wide one */
export function spell(value: unknown, spelling: Spelling): string {
  const dense = JSON.stringify(value);
  switch (spelling) {
    case 'dense':
      return dense;
    case 'wide':
      return ` ${JSON.stringify(value, null, '\t')}\r\n`;
    case 'slashed':
      return dense.replaceAll('/', '\\/');
    case 'escaped':
      return dense.replace(STRING, (string) =>
        string.replace(/\\.|[aez\u0080-\uffff]/g, (match) =>
          match.startsWith('\\') ? match : escaped(match),
        ),
      );
  }
}

const STRING = /"(?:[^"\\]|\\.)*"/g;

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/**
 * Lua patterns as regular expressions: Kong's schema validators (`match`, `match_none`, …) are written in them.
 *
 * @see https://www.lua.org/manual/5.1/manual.html#5.4.1
 */

const CLASSES: Readonly<Record<string, string>> = {
  a: 'A-Za-z',
  c: '\\x00-\\x1f\\x7f',
  d: '0-9',
  l: 'a-z',
  p: '!-\\/:-@\\[-`{-~',
  s: '\\t-\\r ',
  u: 'A-Z',
  w: 'A-Za-z0-9',
  x: 'A-Fa-f0-9',
  z: '\\x00',
};

/**
 * Translates a Lua pattern.
 *
 * @throws {Error} for `%b`, `%f`, back references and patterns that Lua itself would refuse
 */
export function luaPattern(pattern: string): RegExp {
  let source = '';
  let index = 0;
  if (pattern.startsWith('^')) {
    source = '^';
    index = 1;
  }
  while (index < pattern.length) {
    const char = pattern.charAt(index);
    if (char === '$' && index === pattern.length - 1) {
      source += '$';
      index += 1;
    } else if (char === '(' || char === ')') {
      source += char;
      index += 1;
    } else {
      const [item, next] = singleItem(pattern, index);
      const quantifier = pattern.charAt(next);
      const quantified = quantifier !== '' && '*+-?'.includes(quantifier);
      source += item + (quantified ? { '*': '*', '+': '+', '-': '*?', '?': '?' }[quantifier] : '');
      index = quantified ? next + 1 : next;
    }
  }
  return new RegExp(source, 's');
}

function singleItem(pattern: string, index: number): [source: string, next: number] {
  const char = pattern.charAt(index);
  if (char === '.') return ['.', index + 1];
  if (char === '%') return [`[${escaped(pattern, index)}]`, index + 2];
  if (char === '[') return set(pattern, index);
  return [`[${literal(char)}]`, index + 1];
}

/** What `%x` stands for inside a character class. */
function escaped(pattern: string, index: number): string {
  const char = pattern.charAt(index + 1);
  if (char === '') throw malformed(pattern, "ends with '%'");
  if (char === 'b' || char === 'f' || /[0-9]/.test(char))
    throw malformed(pattern, `%${char} is not supported here`);
  const known = CLASSES[char.toLowerCase()];
  if (known === undefined) return literal(char);
  return char === char.toLowerCase() ? known : complement(known);
}

/** JavaScript has no negated class inside a class without the `v` flag, so the complement is spelled out. */
function complement(known: string): string {
  const member = new RegExp(`[${known}]`);
  let source = '';
  for (let code = 0; code < 256; code++) {
    const char = String.fromCharCode(code);
    if (!member.test(char)) source += literal(char);
  }
  return `${source}\\u0100-\\uffff`;
}

function set(pattern: string, start: number): [source: string, next: number] {
  let index = start + 1;
  let source = '[';
  if (pattern.charAt(index) === '^') {
    source += '^';
    index += 1;
  }
  const first = index;
  while (index === first || pattern.charAt(index) !== ']') {
    const char = pattern.charAt(index);
    if (char === '') throw malformed(pattern, "missing ']'");
    if (char === '%') {
      source += escaped(pattern, index);
      index += 2;
    } else if (pattern.charAt(index + 1) === '-' && !['', ']'].includes(pattern.charAt(index + 2))) {
      source += `${literal(char)}-${literal(pattern.charAt(index + 2))}`;
      index += 3;
    } else {
      source += literal(char);
      index += 1;
    }
  }
  return [`${source}]`, index + 1];
}

function literal(char: string): string {
  const code = char.charCodeAt(0);
  return /[A-Za-z0-9]/.test(char) ? char : `\\u${code.toString(16).padStart(4, '0')}`;
}

function malformed(pattern: string, why: string): Error {
  return new Error(`malformed Lua pattern "${pattern}": ${why}`);
}

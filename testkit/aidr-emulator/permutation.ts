/**
 * Format-preserving encryption of one value: digits become digits, letters become letters of the same case, and every
 * other character stays where it is.
 *
 * A Feistel network P mixes the digits and letters; what is added to one half depends on the other half, on the secret
 * and on the format. Encrypting is P, one step on in every place, and P backwards: a permutation of all values of that
 * format which leaves none as it was. It does for an emulator; nobody has studied its strength.
 */
import { createHash } from 'node:crypto';

const ALPHABETS = ['0123456789', 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];

const ROUNDS = Array.from({ length: 4 }, (_, round) => round);

/** An e-mail address has at most 64 characters before the @ and 255 after it. */
const LONGEST_VALUE = 320;

/** A digit or letter: its alphabet, and where it stands there. */
interface Symbol {
  readonly alphabet: string;
  readonly rank: number;
}

/** False for what has no digit or letter that could change, and for what is too long to be a value. */
export function isEncryptable(value: string): boolean {
  return value.length <= LONGEST_VALUE && /[0-9a-z]/i.test(value);
}

/** Another value of the same format; the same one for the same secret. */
export function encrypt(secret: Buffer, value: string): string {
  return permute(secret, value, 1);
}

/** Undoes {@link encrypt} with the same secret. */
export function decrypt(secret: Buffer, value: string): string {
  return permute(secret, value, -1);
}

function permute(secret: Buffer, value: string, step: 1 | -1): string {
  const keyed = createHash('sha256').update(secret).update(formatOf(value)).digest();
  let symbols = symbolsOf(value);
  for (const round of ROUNDS) symbols = mix(symbols, keyed, round, 1);
  symbols = symbols.map((symbol) => moved(symbol, step));
  for (const round of ROUNDS.toReversed()) symbols = mix(symbols, keyed, round, -1);
  const written = symbols.map(({ alphabet, rank }) => alphabet.charAt(rank)).values();
  return value.replace(/[0-9a-z]/gi, () => written.next().value ?? '');
}

/** One round: the halves take turns at being changed by the other. */
function mix(symbols: readonly Symbol[], keyed: Buffer, round: number, sign: 1 | -1): Symbol[] {
  const middle = symbols.length >> 1;
  const changes = (index: number) => index < middle === (round % 2 === 1);
  const other = symbols.filter((_, index) => !changes(index)).map(({ rank }) => rank);
  const stream = createHash('shake256', { outputLength: 4 * symbols.length })
    .update(keyed)
    .update(`${round}:${other}`)
    .digest();
  return symbols.map((symbol, index) =>
    changes(index) ? moved(symbol, sign * stream.readUInt32LE(4 * index)) : symbol,
  );
}

function moved({ alphabet, rank }: Symbol, by: number): Symbol {
  const size = alphabet.length;
  return { alphabet, rank: (((rank + by) % size) + size) % size };
}

function symbolsOf(value: string): Symbol[] {
  return [...value].flatMap((character) => {
    const alphabet = ALPHABETS.find((each) => each.includes(character));
    return alphabet === undefined ? [] : [{ alphabet, rank: alphabet.indexOf(character) }];
  });
}

function formatOf(value: string): string {
  return value.replace(/[0-9]/g, '0').replace(/[a-z]/g, 'a').replace(/[A-Z]/g, 'A');
}

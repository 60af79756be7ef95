import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { loadPolicy, startEmulator } from '../../../testkit/aidr-emulator/index.ts';
import { cpuMilliseconds } from '../../../testkit/cpu-time.ts';
import { AidrClient } from '../../aidr/client.ts';
import { CollectorKey } from '../../aidr/collector-key.ts';
import { endpointOf } from '../../aidr/endpoint.ts';
import { AidrSession } from '../../aidr/session.ts';
import { decrypt, type Encryption, encryptionBy, inClear, mergedByContext } from './encryption.ts';

const policy = await loadPolicy();
policy.input.US_SSN = 'encrypt';
const emulator = await startEmulator({ policy });
afterAll(() => emulator.stop());
beforeEach(() => emulator.reset());

const client = new AidrClient(endpointOf(emulator.url, true), new CollectorKey('pts_demo'));
const NOTHING_CLEAR = { size: 0 };

async function inSession<Result>(run: (session: AidrSession) => Promise<Result>): Promise<Result> {
  const session = new AidrSession(client, { timeout: 5_000, caller: 'a', mayFailOpen: false });
  try {
    return await run(session);
  } finally {
    session.end();
  }
}

/** The encrypted values of one text, by the detectors that found `found`. */
const valuesIn = (old: string, changed: string, found: string[] = []) =>
  encryptionBy({ fpeContext: 'c', found })(old, changed)?.values;

describe('what a verdict encrypted', () => {
  it.each<[string, string, string, string[], string[] | undefined]>([
    ['a value', 'SSN 078-05-1120.', 'SSN 841-02-6613.', ['078-05-1120'], ['841-02-6613']],
    [
      'a value of which only some digits changed',
      'SSN 078-05-1120.',
      'SSN 078-05-1129.',
      ['078-05-1120'],
      ['078-05-1129'],
    ],
    [
      'a value whose changed digits are far apart',
      'Card 4111 1111 1111 1111 expires',
      'Card 5111 1111 1111 1118 expires',
      ['4111 1111 1111 1111'],
      ['5111 1111 1111 1118'],
    ],
    [
      'a value whose digits moved',
      'id 12345678901 end',
      'id 23456789010 end',
      ['12345678901'],
      ['23456789010'],
    ],
    [
      'adjacent values',
      '078-05-1120 219-09-9999,457-55-5462',
      '841-02-6613 555-12-3456,100-20-3000',
      ['457-55-5462', '078-05-1120', '219-09-9999'],
      ['841-02-6613', '555-12-3456', '100-20-3000'],
    ],
    [
      'values without anything between them',
      'AAAA1111BBBB2222',
      'KQXZ9083MWPL5546',
      ['AAAA1111', 'BBBB2222'],
      ['KQXZ9083', 'MWPL5546'],
    ],
    [
      'a value that holds another one',
      'tel +1 555 0100, ext 5550 0100 and 0100',
      'tel +9 213 7834, ext 4471 9962 and 3857',
      ['0100', '+1 555 0100', '5550 0100'],
      ['+9 213 7834', '4471 9962', '3857'],
    ],
    [
      'values beside one that was replaced',
      'SSN 078-05-1120, mail to a@b.example and SSN 219-09-9999',
      'SSN 841-02-6613, mail to <EMAIL_ADDRESS> and SSN 555-12-3456',
      ['078-05-1120', '219-09-9999', 'a@b.example'],
      ['841-02-6613', '555-12-3456'],
    ],
    [
      'values close to one that was replaced by something shorter',
      '219-09-9999, 4111111111111111, 457-55-5462',
      '841-02-6613, <CARD>, 555-12-3456',
      ['219-09-9999', '457-55-5462', '4111111111111111'],
      ['841-02-6613', '555-12-3456'],
    ],
    [
      'a value that looks like the next one, before something that was replaced',
      '219-09-9999, 457-55-5462, 4111111111111111',
      '457-55-6613, 841-02-3456, <CARD>',
      ['219-09-9999', '457-55-5462', '4111111111111111'],
      ['457-55-6613', '841-02-3456'],
    ],
    [
      'the word around a difference that no detector explains',
      'id AB-12-99 ok',
      'id AB-73-99 ok',
      [],
      ['AB-73-99'],
    ],
    [
      'the same value twice',
      '078-05-1120 or 078-05-1120',
      '841-02-6613 or 841-02-6613',
      ['078-05-1120'],
      ['841-02-6613'],
    ],
    ['nothing where a value was replaced', 'SSN 078-05-1120.', 'SSN <US_SSN>.', ['078-05-1120'], undefined],
    ['nothing where a value was removed', 'SSN 078-05-1120.', 'SSN .', ['078-05-1120'], undefined],
    ['nothing so short that it would be found anywhere', 'pin 123 now', 'pin 456 now', ['123'], undefined],
    [
      'nothing in a text that is the same',
      'SSN 078-05-1120.',
      'SSN 078-05-1120.',
      ['078-05-1120'],
      undefined,
    ],
  ])('is %s', (_name, old, changed, found, expected) => {
    expect(valuesIn(old, changed, found)).toEqual(expected);
  });

  it.each([
    ['alone', ''],
    ['beside one that was replaced', '<EMAIL_ADDRESS>'],
  ])('is at most 256 values, found in linear time in a mebibyte of them: %s', (_name, replaced) => {
    const numbers = Array.from({ length: 80_000 }, (_, index) => `${100_000_000 + index * 10_007}`);
    const changed = numbers.map((_, index) => `${100_000_000 + (((index + 1) * 77_773_337) % 899_999_963)}`);
    const old = `${replaced && 'a@b.example'} and ${numbers.join(' ;;;; ')}`;
    const now = `${replaced} and ${changed.join(' ;;;; ')}`;
    const took = cpuMilliseconds(() => expect(valuesIn(old, now, numbers)).toEqual(changed.slice(0, 256)));
    expect(took).toBeLessThan(3_000);
  });

  it('is found in linear time in one endless word', () => {
    const letters = 'abcdefghijklmnopqrstuvwxyz'.repeat(40_000);
    const changed = letters.replaceAll('abc', 'xyz');
    expect(cpuMilliseconds(() => valuesIn(letters, changed))).toBeLessThan(3_000);
  });

  it.each([
    [3, 1, undefined],
    [4, 1, 1],
    [256, 1, 1],
    [257, 1, undefined],
    [4, 65_536, 1],
    [4, 65_537, undefined],
  ])(
    'is kept where it can be found and held: a value of %i characters, a context of %i',
    (length, context, count) => {
      const [old, changed] = ['1'.repeat(length), '2'.repeat(length)];
      const encrypted = { fpeContext: 'c'.repeat(context), found: [old] };
      expect(encryptionBy(encrypted)(`Is ${old} mine?`, `Is ${changed} mine?`)?.values.length).toBe(count);
    },
  );

  it('is kept once for each context: the latest sixteen, and 256 values of each', () => {
    const many = Array.from({ length: 300 }, (_, index) => `value${index}`);
    const merged = mergedByContext([
      { context: 'a', values: ['1111', '2222'] },
      { context: 'b', values: many },
      { context: 'a', values: ['2222', '3333'] },
    ]);
    expect(merged).toEqual([
      { context: 'a', values: ['1111', '2222', '3333'] },
      { context: 'b', values: many.slice(0, 256) },
    ]);
    const contexts = Array.from({ length: 20 }, (_, index) => ({ context: `c${index}`, values: ['1111'] }));
    expect(mergedByContext(contexts)).toEqual(contexts.slice(4));
  });
});

/** What the emulator encrypts in a prompt. */
async function encrypted(prompt: string): Promise<{ text: string; encryption: Encryption }> {
  const messages = [{ role: 'user', content: prompt }];
  const inspected = await inSession((session) =>
    session.guard({ event_type: 'input', guard_input: { messages } }),
  );
  if (!inspected.ok || inspected.verdict.kind !== 'transformed')
    throw new Error('expected a verdict that changes the text');
  const { guardOutput, encrypted: made } = inspected.verdict;
  const text = (guardOutput as { messages: { content: string }[] }).messages[0]?.content ?? '';
  const encryption = made && encryptionBy(made)(prompt, text);
  if (!encryption) throw new Error('expected something encrypted');
  return { text, encryption };
}

const decryptIn = (encryptions: Encryption[], texts: string[]) =>
  inSession((session) => decrypt(session, encryptions, texts));

describe('decryption', () => {
  it('gives back what stood there, wherever the model put it', async () => {
    const { text, encryption } = await encrypted('SSN 078-05-1120 and 219-09-9999');
    const [one = '', other = ''] = encryption.values;
    expect(text).toBe(`SSN ${one} and ${other}`);
    const answers = [`{"ssn":"${other}"}`, 'nothing here', `${one}${other}`];
    const { clear, isComplete } = await decryptIn([encryption], answers);
    expect(isComplete).toBe(true);
    expect(answers.map((answer) => inClear(answer, clear))).toEqual([
      '{"ssn":"219-09-9999"}',
      'nothing here',
      '078-05-1120219-09-9999',
    ]);
    expect(emulator.calls.at(-1)?.body).toMatchObject({ redacted_data: [answers[0], answers[2]] });
  });

  it('asks each context for its own values', async () => {
    const [first, second] = [await encrypted('SSN 078-05-1120'), await encrypted('SSN 219-09-9999')];
    const answer = `${first.text}, ${second.text}`;
    const { clear, isComplete } = await decryptIn([first.encryption, second.encryption], [answer]);
    expect(isComplete).toBe(true);
    expect(inClear(answer, clear)).toBe('SSN 078-05-1120, SSN 219-09-9999');
  });

  it('asks nobody when no value is in the answer', async () => {
    const encryption = { context: 'c', values: ['841-02-6613'] };
    const { clear, isComplete } = await decryptIn([encryption], ['841-02-661', '']);
    expect({ size: clear.size, isComplete, calls: emulator.calls.length }).toEqual({
      size: 0,
      isComplete: true,
      calls: 0,
    });
  });

  const VALUES = { context: 'c', values: ['AAAA', 'BBBB'] };
  it.each<[string, string[], unknown]>([
    ['no list', ['AAAA'], 'zzzz'],
    ['a text too few', ['AAAA', 'BBBB'], ['zzzz']],
    ['a text too many', ['AAAA'], ['zzzz', 'zzzz']],
    ['something that is no text', ['AAAA'], [5]],
    ['a text of another length', ['AAAA!'], ['zzzzz!']],
    ['a change before a value', ['pay AAAA'], ['PAY zzzz']],
    ['a change after a value', ['AAAA pays'], ['zzzz PAYS']],
    ['a change between values', ['AAAA,BBBB'], ['zzzz;yyyy']],
    ['a value moved', ['AAAA BBBB'], [' AAAABBBB']],
    ['null', ['AAAA'], null],
  ])('learns nothing when AIDR returns %s', async (_name, texts, data) => {
    emulator.fault({ kind: 'answer', answer: () => ({ result: { data } }), match: { on: 'unredact' } });
    const { clear, isComplete } = await decryptIn([VALUES], texts);
    expect(isComplete).toBe(false);
    expect(clear).toMatchObject(NOTHING_CLEAR);
    expect(texts.map((text) => inClear(text, clear))).toEqual(texts);
  });

  it('keeps what other contexts decrypted when one fails', async () => {
    const { text, encryption } = await encrypted('SSN 078-05-1120');
    const { clear, isComplete } = await decryptIn([encryption, VALUES], [`${text} AAAA`]);
    expect(isComplete).toBe(false);
    expect(inClear(`${text} AAAA`, clear)).toBe('SSN 078-05-1120 AAAA');
  });

  it('is not undone by a context that knows a value and does not decrypt it', async () => {
    const { text, encryption } = await encrypted('SSN 078-05-1120');
    const other = await encrypted('SSN 219-09-9999');
    const confused = { ...other.encryption, values: [...other.encryption.values, ...encryption.values] };
    for (const order of [
      [encryption, confused],
      [confused, encryption],
    ]) {
      const { clear } = await decryptIn(order, [text]);
      expect(inClear(text, clear)).toBe('SSN 078-05-1120');
    }
  });
});

import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { replyToAnyone } from '../inspection/refusal/refusal-to-anyone.ts';
import { phaseFailure } from '../inspection/refusal/refuser.ts';
import { refusalExit } from './refusal.ts';
import { type KeyedRefuser, NotedRefusals, RefusalNotes, refusalKey } from './refusal-notes.ts';

const folder = mkdtempSync(join(tmpdir(), 'aidr-notes-'));
const path = join(folder, 'notes');
const descriptor = openSync(path, 'w+');
beforeEach(() => ftruncateSync(descriptor));
afterAll(() => {
  closeSync(descriptor);
  rmSync(folder, { recursive: true });
});

/** What an instance with this configuration says in these words. */
function instance(words: string, config: object = { words }): KeyedRefuser {
  return {
    key: refusalKey('demo', config),
    neverRefuses: false,
    replyToFailure: (direction, why) => ({ status: 503, headers: {}, body: `${words} ${direction} ${why}` }),
  };
}

const noted = () => new NotedRefusals(descriptor);
const said = (refuser: ReturnType<NotedRefusals['at']>, phase = 'access') =>
  refusalExit(phase, refuser, 'overloaded')?.[1];
const styled = (style: string) => replyToAnyone(phaseFailure('request', 'overloaded'), style).body;

const OPENAI = { upstream_llm: { provider: 'openai', api_uri: 'auto' } };
const GEMINI = { upstream_llm: { provider: 'gemini', api_uri: 'auto' } };

describe('what an instance refuses with', () => {
  it('is found by its place and by its configuration, for either direction', () => {
    const notes = new RefusalNotes(descriptor);
    const [one, other] = [instance('one', OPENAI), instance('other', GEMINI)].map((each) =>
      notes.placeOf(each),
    );
    expect(said(noted().at(one ?? 0, false))).toBe('one request overloaded');
    expect(said(noted().at(other ?? 0, false), 'response')).toBe('other response overloaded');
    expect(said(noted().of('demo', OPENAI))).toBe('one request overloaded');
    expect(said(noted().of('demo', GEMINI), 'response')).toBe('other response overloaded');
  });

  it('is found by a supervisor that has looked before', () => {
    const notes = new RefusalNotes(descriptor);
    const supervisors = noted();
    expect(said(supervisors.of('demo', OPENAI))).toBe(styled('provider'));
    notes.placeOf(instance('one', OPENAI));
    expect(said(supervisors.of('demo', OPENAI))).toBe('one request overloaded');
  });

  it('is written once, for all instances alike and by all processes that follow each other', () => {
    const place = new RefusalNotes(descriptor).placeOf(instance('one', OPENAI));
    const size = readFileSync(path).length;
    const next = new RefusalNotes(descriptor);
    expect([next.placeOf(instance('one', OPENAI)), next.placeOf(instance('one', OPENAI))]).toEqual([
      place,
      place,
    ]);
    expect(readFileSync(path)).toHaveLength(size);
  });

  it('is found behind a line that a process left half written when it was killed', () => {
    new RefusalNotes(descriptor).placeOf(instance('one', OPENAI));
    ftruncateSync(descriptor, readFileSync(path).length - 10);
    const place = new RefusalNotes(descriptor).placeOf(instance('one', OPENAI));
    expect(said(noted().at(place, false))).toBe('one request overloaded');
  });

  it.each<[string, object]>([
    ['rejection_style', { rejection_style: 'stealth' }],
    ['provider', { upstream_llm: { provider: 'cohere' } }],
    ['api_uri', { upstream_llm: { provider: 'openai', api_uri: '/v1/responses' } }],
    ['protocol', { protocol: 'a2a' }],
    ['error_code', { error_code: -32_000 }],
  ])('is told apart by %s', (_name, more) => {
    const notes = new RefusalNotes(descriptor);
    expect(notes.placeOf(instance('one', OPENAI))).not.toBe(
      notes.placeOf(instance('two', { ...OPENAI, ...more })),
    );
  });

  it('holds nothing of the configuration that is secret', () => {
    new RefusalNotes(descriptor).placeOf(
      instance('one', { ...OPENAI, ai_guard_api_key: 'pts_secret', extra_info: { a: 'private' } }),
    );
    expect(readFileSync(path, 'utf8')).not.toMatch(/pts_secret|private/);
  });
});

describe('where nothing is noted', () => {
  it.each(['provider', 'plain', 'stealth', 'completion'])(
    '%s is the style that the configuration says',
    (style) => {
      expect(said(noted().of('demo', { rejection_style: style }))).toBe(styled(style));
    },
  );

  it.each([undefined, null, 7, 'x', [], { upstream_llm: null }])(
    '%j is a configuration without one',
    (config) => {
      expect(said(noted().of('demo', config))).toBe(styled('provider'));
    },
  );

  it('an audit is not refused', () => {
    expect(said(noted().of('demo', { enforcing_strategy: 'audit' }))).toBeUndefined();
    expect(said(noted().at(0, true))).toBeUndefined();
  });

  it.each([0, 1, 5, 4_294_967_295])('a request under way is refused without a name (place %i)', (place) => {
    writeSync(descriptor, '\nnull\n{"key":"[\n', 0);
    expect(said(noted().at(place, false))).toBe(styled('stealth'));
  });

  it('because it cannot be written, nothing else fails, and the next one is tried again', () => {
    const readOnly = openSync(path, 'r');
    const notes = new RefusalNotes(readOnly);
    expect([notes.placeOf(instance('one')), notes.placeOf(instance('one'))]).toEqual([0, 0]);
    closeSync(readOnly);
  });

  it('because the instance cannot say it, nothing else fails', () => {
    const replyToFailure = () => {
      throw new Error('bug');
    };
    expect(new RefusalNotes(descriptor).placeOf({ ...instance('one'), replyToFailure })).toBe(0);
  });
});

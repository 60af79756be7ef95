/**
 * Every path of docs/endpoints.md, end to end: what is benign comes through byte for byte, what AIDR redacts is redacted in
 * each place and nothing else, and who is refused has asked nobody. The tables themselves say which paths there are.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BodyFormat } from '../../src/formats/format.ts';
import { type RouteVariant, type Stage, type StageOptions, startStage } from '../../testkit/harness/stage.ts';
import { Desk, type Played } from './every-endpoint/desk.ts';
import { FORMAT_SAMPLES, type FormatSample } from './every-endpoint/format-samples.ts';
import { everyPath } from './every-endpoint/paths.ts';
import { type Answer, json, PICTURE, spelled, type WireRequest } from './every-endpoint/wire.ts';
import { FORBIDDEN, HIDDEN, INJECTION, SSN } from './every-endpoint/words.ts';

const post = (path: string, body: object): WireRequest => ({
  ...{ method: 'POST', path, headers: { 'content-type': 'application/json' } },
  body: Buffer.from(spelled(body)),
});

const PATHS = everyPath();
const READ = PATHS.filter(({ endpoint }) => !endpoint.refused && !endpoint.answers);
const REFUSED = PATHS.filter(({ endpoint }) => endpoint.refused);
const CANCELLED = READ.filter(({ path }) => /[/:]cancel$/.test(path ?? ''));
const MEDIA = PATHS.filter(({ endpoint }) => endpoint.answers);

const variantOf = (provider: string, config: object = {}): RouteVariant => ({
  config: { upstream_llm: { provider, api_uri: 'auto' }, ...config },
});
const PROVIDERS = [...new Set(['openai', ...PATHS.map(({ route }) => route)])];

/** A stream in an endpoint is read like any other of its format. */
const STREAMS = [
  ...new Map(
    READ.flatMap((one) =>
      one.endpoint.formats.filter(({ readStream }) => readStream).map((format) => ({ ...one, format })),
    ).map((one) => [`${one.endpoint.path} ${one.format.name}`, one]),
  ).values(),
];

export function everyEndpoint(options: StageOptions): void {
  describe.concurrent('every endpoint of the tables', () => {
    let stage: Stage;
    let desk: Desk;
    beforeAll(async () => {
      stage = await startStage({
        ...options,
        routes: Object.fromEntries(
          PROVIDERS.flatMap((provider) => [
            [provider, variantOf(provider)],
            [`${provider}-live`, variantOf(provider, { response_mode: 'live' })],
            [`${provider}-no-media`, variantOf(provider, { on_opaque: 'block' })],
          ]),
        ),
      });
      desk = new Desk(stage);
    });
    afterAll(() => stage?.stop());

    it.each(PATHS)('is one that its own row matches: $name', ({ path }) => {
      expect(path).toBeDefined();
    });

    it.each(READ)('that is read: $name ($path)', async ({ route, path = '', endpoint }) => {
      for (const format of endpoint.formats) {
        const { ask, answer } = sampleOf(format);
        await expectRead(
          desk,
          route,
          (text) => post(path, ask(text)),
          (text) => json(answer(text)),
        );
      }
    });

    describe.each(['', '-live'])('that streams (%s)', (mode) => {
      it.each(STREAMS)('$format.name: $name', async ({ route, path = '', format }) => {
        const { ask, stream, grows } = sampleOf(format);
        if (!stream) throw new Error(`${format.name} has no sample of a stream in format-samples.ts`);
        const request = post(path, { ...ask('Hello'), stream: true });
        const told = async (...pieces: string[]) => {
          const { status, reply } = await desk.play(`${route}${mode}`, request, stream(...pieces));
          return { status, reply: String(reply) };
        };
        const as = (...pieces: string[]) => ({ status: 200, reply: String(stream(...pieces).body) });
        expect(await told('Jürgen ', 'is fine.')).toEqual(as('Jürgen ', 'is fine.'));
        expect(await told(`It is ${SSN}.`)).toEqual(as(`It is ${HIDDEN}.`));
        if (grows !== 'apart') {
          expect(await told('It is 234-5', '6-78', '90.')).toEqual(as('It is *******', '78', '90.'));
          const pieces = ['It is', ' 234-5', '6-78', '90', '.'];
          expect(await told(...pieces)).toEqual(as('It is', ' *******', '78', '90', '.'));
        }
        const forbidden = await told(
          ...(grows === 'apart' ? [FORBIDDEN] : [FORBIDDEN.slice(0, 15), FORBIDDEN.slice(15)]),
        );
        expect(forbidden.reply).not.toContain(grows === 'apart' ? 'pipe bomb' : FORBIDDEN.slice(15));
      });
    });

    it.each(CANCELLED)('that cancels needs no body: $name', async ({ route, path = '' }) => {
      const answer = json({ note: 'Jürgen is fine.' });
      const { status, reply, sent } = await desk.play(
        route,
        { ...post(path, {}), body: Buffer.alloc(0) },
        answer,
      );
      expect({ status, reply, sent: sent.length }).toEqual({ status: 200, reply: answer.body, sent: 1 });
    });

    it.each(REFUSED)('that is refused asks nobody: $name', async ({ route, path = '', endpoint }) => {
      const bare = { ...post(path, {}), method: 'GET', body: Buffer.alloc(0) };
      const opens = endpoint.refused?.why === 'around_kong';
      for (const request of [post(path, { note: 'Hello' }), ...(opens ? [bare] : [])]) {
        const { status, reply, sent } = await desk.play(route, request, json({}));
        expect({ status, sent }).toEqual({ status: 422, sent: [] });
        expect(JSON.parse(String(reply))).toMatchObject({
          code: 'aidr_unreadable_endpoint',
          reason: expect.stringContaining(`use ${endpoint.refused?.instead} `),
        });
      }
    });

    it.each(MEDIA)('that answers with files: $name', async ({ route, path = '', endpoint }) => {
      const [format] = endpoint.formats;
      if (!format) throw new Error('nothing reads its requests');
      const { ask } = sampleOf(format);
      const file: Answer = { type: 'application/octet-stream', body: PICTURE };
      expect(await desk.play(route, post(path, ask('Hello')), file)).toMatchObject({
        status: 200,
        reply: PICTURE,
      });
      const refused = await desk.play(`${route}-no-media`, post(path, ask('Hello')), file);
      expect(refused).toMatchObject({
        status: 422,
        sent: endpoint.answers === 'media' ? [] : [expect.anything()],
      });
      const text = (content: string): Answer => ({
        type: 'application/octet-stream',
        body: Buffer.from(content),
      });
      if (endpoint.answers === 'file') await expectRead(desk, route, (words) => post(path, ask(words)), text);
      else await expectRequestRead(desk, route, (words) => post(path, ask(words)), file);
    });
  });
}

function sampleOf({ name }: BodyFormat): FormatSample {
  const sample = FORMAT_SAMPLES[name];
  if (!sample) throw new Error(`${name} has no sample in format-samples.ts`);
  return sample;
}

async function expectRead(
  desk: Desk,
  route: string,
  ask: (text: string) => WireRequest,
  answer: (text: string) => Answer,
): Promise<void> {
  const benign = ask('Where is Jürgen?');
  expect(shown(await desk.play(route, benign, answer('Jürgen is fine.')))).toEqual(
    shown({ status: 200, reply: answer('Jürgen is fine.').body, sent: [benign.body] }),
  );
  expect(shown(await desk.play(route, ask(`Mine is ${SSN}.`), answer(`It is ${SSN}.`)))).toEqual(
    shown({ status: 200, reply: answer(`It is ${HIDDEN}.`).body, sent: [ask('Mine is <US_SSN>.').body] }),
  );
  const forbidden = await desk.play(route, benign, answer(FORBIDDEN));
  expect(forbidden.status).toBe(400);
  expect(String(forbidden.reply)).not.toContain('pipe bomb');
  expect(await desk.play(route, ask(INJECTION), answer('Fine.'))).toMatchObject({ status: 400, sent: [] });
}

async function expectRequestRead(
  desk: Desk,
  route: string,
  ask: (text: string) => WireRequest,
  answer: Answer,
): Promise<void> {
  const { status, sent } = await desk.play(route, ask(`Mine is ${SSN}.`), answer);
  expect({ status, sent: sent.map(String) }).toEqual({
    status: 200,
    sent: [String(ask('Mine is <US_SSN>.').body)],
  });
  expect(await desk.play(route, ask(INJECTION), answer)).toMatchObject({ status: 400, sent: [] });
}

/** As texts, so that a failure can be read. */
function shown({ status, reply, sent }: Played): object {
  return { status, reply: String(reply), sent: sent.map(String) };
}

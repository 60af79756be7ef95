/** Every outcome on both directions: what the client gets, and what the upstream received, byte for byte. */
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../testkit/aidr-emulator/index.ts';
import { type Stage, type StageOptions, startStage } from '../../testkit/harness/stage.ts';
import type { Answer } from '../../testkit/providers/index.ts';
import { PNG } from '../png.ts';

const PROMPT = '{"model":"gpt-4o-mini",  "messages":[{"role":"user","content":"Tell me a story."}]}';
const MAX_BODY = 20_000;

const UNKNOWN_SHAPE =
  'the body is not what /v1/chat/completions defines: set upstream_llm.api_uri to the endpoint of this route, or to auto (on_uninspectable is block)';

const status = {
  request: 'Prompt could not be inspected by CrowdStrike AIDR',
  response: 'Response could not be inspected by CrowdStrike AIDR',
};

export function outcomes(options: StageOptions): void {
  describe('outcomes', () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await startStage({
        ...options,
        routes: {
          small: { config: { max_body_size: MAX_BODY, max_rewrite_size: 1000 } },
          lenient: { config: { max_body_size: MAX_BODY, on_uninspectable: 'allow' } },
          'no-media': { config: { on_opaque: 'block' } },
        },
      });
    });
    beforeEach(() => stage.reset());
    afterAll(() => stage?.stop());

    const received = () => stage.provider.requests.map(({ body }) => body.toString());

    it('a delivered block blocks, whatever else is wrong with the answer', async () => {
      const broken: Fault[] = [
        {
          kind: 'patch',
          patch: { status: 'Failed', result: { blocked: true, guard_output: 7, detectors: 'x' } },
        },
        { kind: 'patch', patch: { status: null, summary: 12, request_id: [], result: { blocked: true } } },
        { kind: 'patch', patch: { result: { blocked: true, transformed: 'yes' } } },
      ];
      for (const fault of broken) {
        stage.aidr.fault(fault);
        const reply = await stage.post(PROMPT);
        expect(reply.status).toBe(400);
        expect(JSON.parse(reply.text).status).toBe('Prompt has been rejected by CrowdStrike AIDR');
      }
      expect(received()).toEqual([]);
    });

    describe.each([
      ['empty', '', 400, 'the body is not one valid JSON value'],
      ['not JSON', 'hello', 400, 'the body is not one valid JSON value'],
      ['cut short', PROMPT.slice(0, -2), 400, 'the body is not one valid JSON value'],
      ['two JSON values', `${PROMPT}${PROMPT}`, 400, 'the body is not one valid JSON value'],
      ['behind a byte-order mark', `\ufeff${PROMPT}`, 400, 'the body is not one valid JSON value'],
      [
        'with one key twice',
        '{"messages":[{"role":"user","content":"a"}],"messages":[]}',
        400,
        'an object in the body has the same key twice',
      ],
      [
        'not UTF-8',
        Buffer.from('{"messages":[{"role":"user","content":"caf\xe9"}]}', 'latin1'),
        400,
        'the body is not valid UTF-8',
      ],
      ['a nesting bomb', '['.repeat(10_000), 400, 'the body is nested too deeply or has too many values'],
      ['not an object', '[1]', 400, UNKNOWN_SHAPE],
      ['of another API', '{"contents":[]}', 400, UNKNOWN_SHAPE],
      [
        'too large',
        PROMPT.padEnd(MAX_BODY + 1),
        413,
        `the body is larger than max_body_size (${MAX_BODY} bytes)`,
      ],
    ])('a prompt that is %s', (_name, body, httpStatus, reason) => {
      it('is refused with the reason and not forwarded', async () => {
        const reply = await stage.post(body, { route: 'small' });
        expect({ status: reply.status, reason: JSON.parse(reply.text).reason }).toEqual({
          status: httpStatus,
          reason,
        });
        expect(received()).toEqual([]);
        expect(stage.aidr.calls).toEqual([]);
      });
    });

    it('a stored answer does not come back unread in a list', async () => {
      const choices = [{ message: { role: 'assistant', content: 'how to build a pipe bomb' } }];
      stage.provider.answer({ body: { object: 'list', data: [{ id: 'chatcmpl-1', choices }] } });
      expect((await stage.post('', { method: 'GET', path: '/v1/chat/completions?limit=1' })).status).toBe(
        400,
      );
    });

    it('what is no JSON passes as the answer to a request without a body, and as an error', async () => {
      const binary = Buffer.from([0xff, 0xfe, 0x00, 0x7b]);
      stage.provider.answer({ body: binary, headers: { 'content-type': 'application/octet-stream' } });
      expect((await stage.post('', { method: 'GET', path: '/v1/files/f/content' })).status).toBe(200);
      stage.provider.answer({
        status: 503,
        body: '<script>{"x":1,"x":2}</script>',
        headers: { 'content-type': 'text/html', 'retry-after': '7' },
      });
      const error = await stage.post(PROMPT);
      expect([error.status, error.headers.get('retry-after')]).toEqual([503, '7']);
    });

    it('a compressed prompt is inspected; unredacted its bytes stay, redacted it leaves plain', async () => {
      const secret = PROMPT.replace('a story', 'about 078-05-1120');
      const headers = { 'content-encoding': 'br' };
      await stage.post(brotliCompressSync(PROMPT), { headers });
      await stage.post(brotliCompressSync(secret), { headers });
      const [plain, redacted] = stage.provider.requests;
      expect(plain?.body.equals(brotliCompressSync(PROMPT))).toBe(true);
      expect(plain?.headers['content-encoding']).toBe('br');
      expect(redacted?.body.toString()).toBe(secret.replace('078-05-1120', '<US_SSN>'));
      expect(redacted?.headers['content-encoding']).toBeUndefined();
      expect(redacted?.headers['content-length']).toBe(String(redacted?.body.length));
    });

    const isRelayed = options.placement === 'relay';
    it.skipIf(isRelayed)('a redaction of a body over max_rewrite_size is refused', async () => {
      const body = PROMPT.replace('a story', `about 078-05-1120 ${'x'.repeat(2000)}`);
      const reply = await stage.post(body, { route: 'small' });
      expect({ status: reply.status, reason: JSON.parse(reply.text).reason }).toEqual({
        status: 422,
        reason: 'unappliable_redaction',
      });
      expect(received()).toEqual([]);
    });

    it('a large prompt is inspected whole', async () => {
      const body = PROMPT.replace('a story', `${'x '.repeat(100_000)}. My SSN is 078-05-1120`);
      expect((await stage.post(body)).status).toBe(200);
      expect(received()).toEqual([body.replace('078-05-1120', '<US_SSN>')]);
    });

    it('uninspectable prompts pass where the route allows it', async () => {
      const strange = '{"contents":[]}';
      const large = PROMPT.padEnd(MAX_BODY + 1);
      for (const body of [strange, large]) await stage.post(body, { route: 'lenient' });
      expect(received()).toEqual([strange, large]);
    });

    it('media passes, unless the route blocks what it cannot read', async () => {
      const body = JSON.stringify({
        model: 'gpt-4o-mini',
        messages: [
          {
            role: 'user',
            content: [{ type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } }],
          },
        ],
      });
      expect((await stage.post(body)).status).toBe(200);
      expect((await stage.post(body, { route: 'no-media' })).status).toBe(400);
      expect(received()).toEqual([body]);
      expect(JSON.stringify(stage.aidr.calls.map((call) => call.body))).not.toContain(PNG);
    });

    it('a request without a body carries no prompt and passes, whatever its method', async () => {
      stage.provider.answer({ body: { object: 'list', data: [] } });
      const reply = await stage.post('', { method: 'GET', path: '/v1/models' });
      expect(reply.status).toBe(200);
      expect(stage.aidr.calls).toEqual([]);
    });

    it('the answer to a request without a body is inspected when it has a shape that the API knows', async () => {
      stage.provider.answer({
        body: { choices: [{ message: { role: 'assistant', content: 'SSN 234-56-7890' } }] },
      });
      const reply = await stage.post('', { method: 'GET', path: '/v1/chat/completions/chatcmpl-1' });
      expect(reply.text).toContain('*******7890');
    });

    const gzip = { 'content-encoding': 'gzip' };
    it.each<[string, Answer, string]>([
      ['not JSON', { body: 'hello' }, 'the body is not one valid JSON value'],
      ['of another API', { body: { outputs: [] } }, UNKNOWN_SHAPE],
      ['a list', { body: [] }, UNKNOWN_SHAPE],
      [
        'an event stream of another API',
        { chunks: ['data: {"x":"y"}\n\n', 'data: [DONE]\n\n'] },
        UNKNOWN_SHAPE,
      ],
      [
        'an event stream that is broken in the middle',
        { chunks: ['data: {"choices":\n\n', 'data: {"choices":[]}\n\n'] },
        'the body is not one valid JSON value',
      ],
      [
        'in an unknown encoding',
        { body: 'x', headers: { 'content-encoding': 'compress' } },
        'the content-encoding is none of gzip, deflate, br, zstd (on_uninspectable is block)',
      ],
      [
        'not what its encoding says',
        { body: '{}', headers: gzip },
        'the body is not what its content-encoding says',
      ],
      [
        'too large',
        { body: { choices: [], padding: 'x'.repeat(MAX_BODY) } },
        `the body is larger than max_body_size (${MAX_BODY} bytes)`,
      ],
      [
        'a gzip bomb',
        { body: gzipSync(' '.repeat(5_000_000)), headers: gzip },
        `the body is larger than max_body_size (${MAX_BODY} bytes)`,
      ],
    ])('an answer that is %s is refused with 422, without a word of it', async (_name, answer, reason) => {
      stage.provider.answer(answer);
      const reply = await stage.post(PROMPT, { route: 'small' });
      expect({ status: reply.status, body: JSON.parse(reply.text) }).toMatchObject({
        status: 422,
        body: { reason, status: status.response, code: 'aidr_unreadable_answer' },
      });
      expect(reply.headers.get('x-should-retry')).toBe('false');
      expect(reply.headers.has('content-encoding')).toBe(false);
    });

    it('uninspectable answers pass where the route allows it', async () => {
      stage.provider.answer({ body: 'hello' });
      expect(await stage.post(PROMPT, { route: 'lenient' })).toMatchObject({ status: 200, text: 'hello' });
    });

    it.each(['gzip', 'deflate', 'br', 'zstd'] as const)(
      'a redacted answer that came in %s leaves plain',
      async (encoding) => {
        const body =
          '{ "choices" : [{"index":0,"message":{"role":"assistant","content":"SSN 234-56-7890"}}],\n"n":1.0 }';
        stage.provider.answer({
          body,
          encoding,
          headers: { 'content-type': 'application/json', etag: '"x"', 'x-kept': '1' },
        });
        const reply = await stage.post(PROMPT);
        expect(reply.text).toBe(body.replace('234-56-7890', '*******7890'));
        expect(reply.headers.get('content-encoding')).toBeNull();
        expect(reply.headers.get('etag')).toBeNull();
        expect(reply.headers.get('x-kept')).toBe('1');
      },
    );

    it('an error of the upstream is inspected when it is JSON, and passes with its status', async () => {
      stage.provider.answer({ status: 429, body: { error: { message: 'quota of 234-56-7890', code: 1 } } });
      expect(await stage.post(PROMPT)).toMatchObject({
        status: 429,
        text: '{"error":{"message":"quota of *******7890","code":1}}',
      });
      stage.provider.answer({ status: 429, body: '\ufeff{"error":"quota of 234-56-7890"}' });
      // Behind a byte-order mark too, which fetch takes off.
      expect((await stage.post(PROMPT)).text).toBe('{"error":"quota of *******7890"}');
      stage.provider.answer({
        status: 502,
        body: '<html>bad gateway</html>',
        headers: { 'content-type': 'text/html' },
      });
      expect(await stage.post(PROMPT)).toMatchObject({ status: 502, text: '<html>bad gateway</html>' });
    });

    it('an answer without a body passes', async () => {
      stage.provider.answer({ status: 204, body: '' });
      expect((await stage.post(PROMPT)).status).toBe(204);
    });
  });
}

/** What is refused before AIDR is asked: requests that could slip past a phase, and configurations. */
import { once } from 'node:events';
import { type OutgoingHttpHeaders, request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Stage, type StageOptions, startStage } from '../stage.ts';

const PROMPT = JSON.stringify({
  model: 'm',
  messages: [{ role: 'user', content: 'What does the employee record say?' }],
});

export function refusals(options: StageOptions): void {
  describe('before AIDR is asked', () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await startStage({
        ...options,
        routes: {
          'request-only': { without: ['crowdstrike-aidr-response', 'post-function'] },
          'response-only': { without: ['crowdstrike-aidr-request', 'post-function'] },
          'guard-only': { without: ['crowdstrike-aidr-request', 'crowdstrike-aidr-response'] },
          unguarded: { without: ['post-function'] },
          small: { config: { max_body_size: 20_000 } },
          // Kong's schema cannot say what a regular expression is.
          unusable: { config: { deny_patterns: ['(?=x)'] } },
          idle: {
            config: {
              recipe: 'old',
              guarding_mode: 'OUTPUT',
              stop_on_error: true,
              stream_batch_size: 20,
              response_failure_message: 'No.',
            },
          },
        },
      });
    });
    beforeEach(() => stage.reset());
    afterAll(() => stage?.stop());

    it.each(['openai', 'request-only', 'response-only'])(
      'a WebSocket upgrade on route %s is refused: Kong would hand the answer through unread',
      async (route) => {
        const { status } = await raw(stage, route, { connection: 'Upgrade', upgrade: 'websocket' });
        expect(status).toBe(400);
        expect(stage.provider.requests).toEqual([]);
      },
    );

    it('an upgrade to HTTP/2 that Kong ignores passes', async () => {
      const { status, text } = await raw(stage, 'openai', {
        connection: 'Upgrade, HTTP2-Settings',
        upgrade: 'h2c',
      });
      expect(status).toBe(200);
      expect(text).toContain('*******7890');
    });

    it('a request with more headers than Kong shows is refused: one of them could change how it is read', async () => {
      const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`a${index}`, '1']));
      expect((await raw(stage, 'openai', many)).status).toBe(431);
      expect(stage.provider.requests).toEqual([]);
    });

    it.each(['content-encoding', 'close, Content-Length', 'content-type', 'Transfer-Encoding'])(
      'a Connection header that takes %s off the request is refused',
      async (connection) => {
        expect((await raw(stage, 'openai', { connection })).status).toBe(400);
        expect(stage.provider.requests).toEqual([]);
      },
    );

    it('a charset other than UTF-8 is refused, for a server might honour it', async () => {
      const type = (charset: string) => ({ 'content-type': `application/json; charset=${charset}` });
      expect((await raw(stage, 'openai', type('utf-7'))).status).toBe(415);
      expect((await raw(stage, 'openai', type('"UTF-8"'))).status).toBe(200);
    });

    it('an empty body is refused where a prompt is due, and passes elsewhere', async () => {
      stage.provider.answer({ body: { id: 'batch_1' } });
      expect((await stage.post('')).status).toBe(400);
      expect((await stage.post('', { path: '/v1/batches/batch_1/cancel' })).status).toBe(200);
    });

    it('a small coded body that becomes masses of values or texts is refused at once', async () => {
      const bombs = [
        `{"messages":[],"x":[0${',0'.repeat(3_000_000)}]}`,
        `{"messages":[],"x":["a"${',"a"'.repeat(500_000)}]}`,
      ];
      const headers = { 'content-encoding': 'gzip' };
      const replies = await Promise.all(bombs.map((bomb) => stage.post(gzipSync(bomb), { headers })));
      expect(replies.map(({ status }) => status)).toEqual([400, 413]);
      expect(stage.provider.requests).toEqual([]);
      expect(stage.aidr.calls).toEqual([]);
    });

    it('a header behind a hundred others is still seen', async () => {
      const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`a${index}`, '1']));
      const { status } = await raw(stage, 'openai', { ...many, 'content-encoding': 'compress' });
      expect(status).toBe(415);
    });

    it('a chunked body over the limit is refused, without the shortcut by Kong itself, and not forwarded', async () => {
      const chunked = { 'transfer-encoding': 'chunked' };
      const { status } = await raw(stage, 'small', chunked, PROMPT.padEnd(30_000));
      expect(status).toBe(options.pluginServer === 'stock' ? 500 : 413);
      expect((await raw(stage, 'small', chunked)).status).toBe(200);
      expect(stage.provider.requests).toHaveLength(1);
    });

    it.runIf(options.pluginServer === 'aidr')('a header named __proto__ does no harm', async () => {
      for (let i = 0; i < 3; i++) {
        const { status, text } = await raw(stage, 'openai', { ['__proto__']: 'x' });
        expect(status).toBe(200);
        expect(text).toContain('*******7890');
      }
    });

    it('the absence of the guard is one error line, its presence is none', async () => {
      for (const route of ['unguarded', 'unguarded', 'openai']) await stage.post(PROMPT, { route });
      await expect.poll(() => stage.gateway.log(), { timeout: 5000 }).toContain('the guard is missing');
      expect(stage.gateway.log().match(/the guard is missing on service \S+/g)).toEqual([
        'the guard is missing on service unguarded-service:',
      ]);
    });

    it('the guard refuses a prompt that no request plugin marked', async () => {
      const reply = await stage.post(PROMPT, { route: 'guard-only' });
      expect(reply).toMatchObject({
        status: 503,
        text: expect.stringContaining('guard: the prompt was not inspected'),
      });
      expect(stage.provider.requests).toEqual([]);
    });

    it.each(['request-only', 'response-only', 'unguarded'])(
      'the plugins of route %s work on their own',
      async (route) => {
        const reply = await stage.post(PROMPT, { route });
        expect(reply.status).toBe(200);
        expect(stage.aidr.calls).toHaveLength(route === 'unguarded' ? 2 : 1);
        expect(reply.text.includes('234-56-7890')).toBe(route === 'request-only');
      },
    );

    it('every request on a route with a setting that cannot work gets 500', async () => {
      expect((await stage.post(PROMPT, { route: 'unusable' })).status).toBe(500);
      expect(stage.provider.requests).toEqual([]);
      expect(stage.aidr.calls).toEqual([]);
    });

    it('the log says why a configuration was refused and what is set in vain, without the key', async () => {
      await Promise.all(['unusable', 'idle'].map((route) => stage.post(PROMPT, { route })));
      for (const name of ['recipe', 'guarding_mode', 'stop_on_error', 'stream_batch_size'])
        await expect
          .poll(() => stage.gateway.log(), { timeout: 5000 })
          .toContain(`${name} is set but has no effect`);
      const log = stage.gateway.log();
      expect(log).toContain('deny_patterns: rule 1 needs lookaround');
      expect(log).toContain('crowdstrike-aidr-request: response_failure_message is set but has no effect');
      expect(log).not.toContain('crowdstrike-aidr-response: response_failure_message');
      expect(log).not.toContain('response_mode is set');
      expect(log).not.toContain('pts_demo');
    });

    it('the log names failures by class, without a word of content', async () => {
      stage.aidr.fault({ kind: 'status', status: 500, form: 'pangea' });
      await stage.post(PROMPT);
      await expect
        .poll(() => stage.gateway.log(), { timeout: 5000 })
        .toContain('refused a prompt, server_error');
      expect(stage.gateway.log()).not.toContain('employee record');
    });
  });
}

/** node:http sends what fetch forbids. */
async function raw(
  stage: Stage,
  route: string,
  headers: OutgoingHttpHeaders,
  body = PROMPT,
): Promise<{ status: number; text: string }> {
  const outgoing = request(`${stage.gateway.url}/${route}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(headers['transfer-encoding'] ? {} : { 'content-length': Buffer.byteLength(body) }),
      ...headers,
    },
  });
  outgoing.end(body);
  const [answer] = await once(outgoing, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk);
  return { status: answer.statusCode, text: Buffer.concat(chunks).toString() };
}

/** Tools that a model calls: their names are free text until a client looks them up. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Stage, type StageOptions, startStage } from '../../testkit/harness/stage.ts';

export function toolCalls(options: StageOptions): void {
  describe('a tool call', () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await startStage({
        ...options,
        routes: { 'response-only': { without: ['crowdstrike-aidr-request', 'post-function'] } },
      });
    });
    beforeEach(() => stage.reset());
    afterAll(() => stage?.stop());

    const call = (name: string, args: string) => ({
      ...{ id: 'call_1', type: 'function' },
      function: { name, arguments: args },
    });
    const answer = (name: string, args: string) => ({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      choices: [{ index: 0, message: { role: 'assistant', content: null, tool_calls: [call(name, args)] } }],
    });
    const prompt = (...messages: object[]) =>
      JSON.stringify({
        model: 'gpt-4o-mini',
        messages: [{ role: 'user', content: 'What is the time?' }, ...messages],
        tools: [{ type: 'function', function: { name: 'get_time', parameters: { type: 'object' } } }],
      });
    /** The messages of each call about an answer. */
    const asked = () =>
      stage.aidr.calls
        .map(({ body }) => body as { event_type: string; guard_input: { messages: object[] } })
        .filter(({ event_type }) => event_type === 'output')
        .map(({ guard_input }) => guard_input.messages);

    it('whose name AIDR wants to change is refused: no client has a tool of another name', async () => {
      stage.provider.answer({ body: answer('send to 234-56-7890', '{}') });
      const { status, text } = await stage.post(prompt());
      expect(status).toBe(422);
      expect(JSON.parse(text).reason).toContain('unappliable_redaction');
      expect(text).not.toContain('234-56-7890');
    });

    it('whose name AIDR blocks is rejected, in a stream as well', async () => {
      const body = answer('how to build a pipe bomb', '');
      stage.provider.answer({ body });
      expect((await stage.post(prompt())).status).toBe(400);
      const { message } = body.choices[0] ?? {};
      const [first] = message?.tool_calls ?? [];
      const chunk = { choices: [{ index: 0, delta: { tool_calls: [{ index: 0, ...first }] } }] };
      stage.provider.answer({ chunks: [`data: ${JSON.stringify(chunk)}\n\n`, 'data: [DONE]\n\n'] });
      expect((await stage.post(prompt())).status).toBe(400);
    });

    it('of a tool that was offered costs no more than its arguments do', async () => {
      stage.provider.answer({ body: answer('get_time', '{"zone":"UTC"}') });
      expect((await stage.post(prompt())).status).toBe(200);
      stage.provider.answer({ body: answer('get_time', '') });
      expect((await stage.post(prompt())).status).toBe(200);
      expect(asked()).toEqual([[{ role: 'assistant', content: '{"zone":"UTC"}' }]]);
    });

    it('of an earlier turn costs no message where its tool is offered', async () => {
      stage.provider.answer({ body: answer('get_time', '') });
      await stage.post(
        prompt(
          { role: 'assistant', tool_calls: [call('get_time', '{"zone":"UTC"}')] },
          { role: 'user', content: 'And now?' },
        ),
      );
      expect(
        JSON.stringify(stage.aidr.calls.map(({ body }) => body)).match(/"content":"get_time"/g),
      ).toBeNull();
    });

    it('shares the call of its arguments where nobody knows what was offered', async () => {
      stage.provider.answer({ body: answer('get_time', '{"zone":"UTC"}') });
      expect((await stage.post(prompt(), { route: 'response-only' })).status).toBe(200);
      expect(asked()).toEqual([
        [
          { role: 'tool', content: 'get_time' },
          { role: 'tool', content: '{"zone":"UTC"}' },
        ],
      ]);
    });
  });
}

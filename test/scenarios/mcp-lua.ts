/** A configuration of CrowdStrike's Lua plugin for MCP, as it is, and what AIDR is asked with it. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from '../../testkit/aidr-emulator/index.ts';
import type { RunningGateway } from '../../testkit/harness/gateways/driver.ts';
import type { StageOptions } from '../../testkit/harness/stage.ts';
import { type Provider, startProvider } from '../../testkit/providers/index.ts';

const FIXTURE = resolve(import.meta.dirname, '../fixtures/lua-mcp.yaml');
const KEY = 'pts_demo';

export function mcpLua({ driver, pluginServer }: StageOptions): void {
  describe("the configuration of CrowdStrike's Lua plugin for MCP", () => {
    let aidr: Emulator;
    let server: Provider;
    let gateway: RunningGateway;
    beforeAll(async () => {
      aidr = await startEmulator({ keys: [KEY] });
      server = await startProvider();
      // Nothing but the two addresses is another.
      const configuration = (await readFile(FIXTURE, 'utf8'))
        .replace('https://api.crowdstrike.com/aidr/aiguard', aidr.url)
        .replace('http://tools.internal:3000', server.url);
      gateway = await driver.start({ configuration, env: { CS_AIDR_TOKEN: KEY }, pluginServer });
    });
    afterAll(async () => {
      await gateway?.stop();
      await Promise.all([aidr?.stop(), server?.stop()]);
    });

    const send = async (message: object, result: object) => {
      server.answer({ body: { jsonrpc: '2.0', id: 1, result } });
      const answer = await fetch(`${gateway.url}/tools/mcp`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...message }),
      });
      expect(await answer.json()).toEqual({ jsonrpc: '2.0', id: 1, result });
    };

    const TOLD = {
      ...{ app_id: 'helpdesk', user_id: 'agent-7', source_location: 'Lisbon', tenant_id: 'acme' },
      collector_instance_id: 'gateway-1',
      extra_info: { team: 'support', app_name: 'tools of support', user_name: 'Ann of the helpdesk' },
    };

    it('loads as it is, and has AIDR asked with the same event types and roles', async () => {
      const call = { method: 'tools/call', params: { name: 'mail', arguments: { to: 'Bob' } } };
      await send(call, { content: [{ type: 'text', text: 'sent' }] });
      const inputSchema = { type: 'object', properties: { to: { type: 'string' } } };
      await send(
        { method: 'tools/list' },
        { tools: [{ name: 'mail', description: 'Sends mail.', inputSchema }] },
      );
      const user = (content: string) => ({ role: 'user', content });
      const definition = { name: 'mail', description: 'Sends mail.', parameters: inputSchema };
      expect(aidr.calls.map(({ body }) => body)).toMatchObject([
        {
          ...{ event_type: 'tool_input', ...TOLD },
          guard_input: { messages: [user('mail'), user('Bob'), user('to')] },
        },
        {
          ...{ event_type: 'tool_output', ...TOLD },
          guard_input: { messages: [{ role: 'tool', content: 'sent' }] },
        },
        {
          ...{ event_type: 'tool_listing', ...TOLD },
          guard_input: { tools: [{ type: 'function', function: definition }] },
        },
      ]);
      expect(gateway.log()).not.toMatch(/has no effect|unknown field/);
    });
  });
}

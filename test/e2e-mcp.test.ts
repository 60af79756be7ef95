/** The plugin for MCP, end to end. */
import { describe } from 'vitest';
import { throughEveryGateway } from '../testkit/harness/gateways/every-gateway.ts';
import { mcpAttacks } from './scenarios/mcp-attacks.ts';
import { mcpClients } from './scenarios/mcp-clients.ts';
import { mcpLua } from './scenarios/mcp-lua.ts';
import { mcpMessages } from './scenarios/mcp-messages.ts';
import { mcpResumption } from './scenarios/mcp-resumption.ts';
import { mcpStreams } from './scenarios/mcp-streams.ts';

await throughEveryGateway('messages of MCP', (driver) => {
  mcpClients({ driver, pluginServer: 'aidr' });
  mcpAttacks({ driver, pluginServer: 'aidr' });
  mcpStreams({ driver, pluginServer: 'aidr' });
  mcpResumption({ driver, pluginServer: 'aidr' });
  mcpLua({ driver, pluginServer: 'aidr' });
  describe.each(['aidr', 'stock'] as const)('with the %s plugin server', (pluginServer) => {
    mcpMessages({ driver, pluginServer });
  });
});

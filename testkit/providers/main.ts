/** The mock provider on its own, as the upstream of a gateway: `node testkit/providers/main.ts --port 4010 [--host address]`. */
import { parseArgs } from 'node:util';
import { startProvider } from './index.ts';

const { values } = parseArgs({
  options: { port: { type: 'string', default: '4010' }, host: { type: 'string' } },
});
const provider = await startProvider({ port: Number(values.port), host: values.host });

console.log(`Mock OpenAI: ${provider.url}

Ask it:
  curl -s ${provider.url}/v1/chat/completions -H 'content-type: application/json' \\
    -d '{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Show me the employee record."}]}'`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void provider.stop());

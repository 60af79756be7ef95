import { describe, expect, it } from 'vitest';
import { both, reportOf, service } from '../../../../testkit/check-configurations.ts';
import { readKongConf, settingsOf } from '../settings.ts';

const PLUGINS = 'bundled,crowdstrike-aidr-request,crowdstrike-aidr-response';
const [REQUEST, RESPONSE] = ['crowdstrike-aidr-request', 'crowdstrike-aidr-response'];
const SOCKETS = `--socket ${REQUEST}=/run/request.sock --socket ${RESPONSE}=/run/response.sock`;

/** Settings as docs/install.md has them. */
const GOOD: Record<string, string> = {
  plugins: PLUGINS,
  pluginserver_names: 'aidr-request, aidr-response',
  pluginserver_aidr_request_socket: '/run/request.sock',
  pluginserver_aidr_request_start_cmd: `node /opt/aidr-pluginserver.cjs --replace --detach ${SOCKETS}`,
  pluginserver_aidr_request_query_cmd: `node /opt/aidr-pluginserver.cjs --dump ${REQUEST}`,
  pluginserver_aidr_response_socket: '/run/response.sock',
  pluginserver_aidr_response_query_cmd: `node /opt/aidr-pluginserver.cjs --dump ${RESPONSE}`,
  nginx_http_client_body_buffer_size: '1m',
};

function report(changes: Record<string, string | undefined>, configuration = both({})): string[] {
  const lines = Object.entries({ ...GOOD, ...changes }).flatMap(([name, value]) =>
    value === undefined ? [] : `${name} = ${value}`,
  );
  return reportOf(configuration, settingsOf([readKongConf(lines.join('\n'), 'kong.conf')]));
}

/** One stock server for each plugin: its commands do not say which. */
const stock = {
  pluginserver_aidr_request_start_cmd: 'kong-js-pluginserver --plugins-directory /a',
  pluginserver_aidr_request_query_cmd: 'kong-js-pluginserver --plugins-directory /a --dump-all-plugins',
  pluginserver_aidr_response_start_cmd: 'kong-js-pluginserver --plugins-directory /b',
  pluginserver_aidr_response_query_cmd: 'kong-js-pluginserver --plugins-directory /b --dump-all-plugins',
};

describe("Kong's settings", () => {
  it.each<[string, Record<string, string | undefined>]>([
    ['as docs/install.md has them', {}],
    ['with stock servers', stock],
    ['with a larger buffer', { nginx_http_client_body_buffer_size: '16M' }],
    ['with a buffer in bytes', { nginx_http_client_body_buffer_size: '1048576' }],
    [
      'with a buffer in the server block',
      { nginx_http_client_body_buffer_size: undefined, nginx_proxy_client_body_buffer_size: '2m' },
    ],
    ['with the default lua sandbox', { untrusted_lua: 'sandbox' }],
  ])('%s are accepted', (_name, changes) => {
    expect(report(changes)).toEqual([]);
  });

  it('do not matter without our plugins', () => {
    expect(
      report(Object.fromEntries(Object.keys(GOOD).map((name) => [name, undefined])), service([])),
    ).toEqual([expect.stringContaining('warning  k: none of the AIDR plugins is here')]);
  });

  it.each<[string, Record<string, string | undefined>, string]>([
    [
      'a plugin that is not enabled',
      { plugins: `bundled,${REQUEST}` },
      `plugins: ${RESPONSE} is not enabled`,
    ],
    ['plugins by default', { plugins: undefined }, `plugins: ${REQUEST} is not enabled`],
    ['no Lua', { untrusted_lua: 'off' }, 'untrusted_lua: off keeps the guard from running'],
    [
      'no plugin server',
      { pluginserver_names: undefined },
      `pluginserver_names: no entry is left for ${REQUEST} and ${RESPONSE}`,
    ],
    [
      'one server for both',
      { pluginserver_names: 'aidr-request' },
      `pluginserver_names: no entry is left for ${RESPONSE}`,
    ],
    [
      'one stock server for both',
      { ...stock, pluginserver_names: 'aidr-request' },
      `no entry is left for ${REQUEST} and ${RESPONSE}`,
    ],
    [
      'no query command',
      { pluginserver_aidr_response_query_cmd: undefined },
      'pluginserver_aidr_response_query_cmd: without it Kong does not start',
    ],
    [
      'one socket for both',
      { pluginserver_aidr_response_socket: '/run/request.sock' },
      'pluginserver_aidr_response_socket: aidr-request has the same socket',
    ],
    [
      'a default socket that is another one',
      { pluginserver_aidr_response_socket: undefined },
      `pluginserver_aidr_response_socket: the start command serves ${RESPONSE} on another socket`,
    ],
    [
      'two start commands',
      { pluginserver_aidr_response_start_cmd: GOOD.pluginserver_aidr_request_start_cmd },
      'pluginserver_aidr_response_start_cmd: the start command of aidr-request serves the same sockets',
    ],
    [
      'a server that ends with a worker',
      { pluginserver_aidr_request_start_cmd: `node /opt/aidr-pluginserver.cjs --replace ${SOCKETS}` },
      'pluginserver_aidr_request_start_cmd: without --detach, a reload cuts requests under way',
    ],
    [
      'a small buffer',
      { nginx_http_client_body_buffer_size: '16k' },
      'nginx_http_client_body_buffer_size: prompts over 16k are written to disk',
    ],
    [
      'the default buffer',
      { nginx_http_client_body_buffer_size: undefined },
      'nginx_http_client_body_buffer_size: prompts over 8k are written to disk',
    ],
    [
      'a buffer that is no size',
      { nginx_http_client_body_buffer_size: 'big' },
      'nginx_http_client_body_buffer_size: prompts over',
    ],
    [
      'a smaller buffer in a stronger block',
      { nginx_location_client_body_buffer_size: '8k' },
      'nginx_location_client_body_buffer_size: prompts over 8k',
    ],
  ])('with %s are a warning', (_name, changes, expected) => {
    const findings = report(changes);
    expect(findings).toContainEqual(
      expect.stringContaining(
        `warning  kong.conf ${expected.startsWith('no entry') ? 'pluginserver_names: ' : ''}${expected}`,
      ),
    );
  });

  it('hold live streams back unless nginx is told not to', () => {
    const live = both({ response_mode: 'live' });
    const heldBack = 'kong.conf nginx_http_postpone_output: unless this is 0';
    expect(report({}, live)).toContainEqual(expect.stringContaining(heldBack));
    expect(report({ nginx_proxy_postpone_output: '1460' }, live).join()).toContain('postpone_output');
    expect(report({ nginx_proxy_postpone_output: '0' }, live).join()).not.toContain('postpone_output');
    expect(report({}).join()).not.toContain('postpone_output');
  });
});

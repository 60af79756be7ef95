/**
 * The embedded gateway: a stand-in for Kong Gateway 3.9, for end-to-end tests and the demo.
 *
 * It reads a `kong.yaml`, runs real plugin server processes and speaks Kong's RPC with them, and proxies HTTP. What
 * it knows of Kong it does as Kong does, above all where Kong lets a request through; what it does not know it
 * refuses when the configuration is loaded.
 */

export { startGateway } from './gateway.ts';
export type { Gateway, GatewayOptions, PluginServerSpec } from './options.ts';

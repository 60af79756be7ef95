/** What Kong's other plugins do to traffic that is inspected: docs/neighbours.md says what to do about each. */
import type { ExitBand } from '../../kong/guard-plugin.ts';

/** They change the prompt between the request plugin (780) and the response plugin (760). */
export const ADDING_PLUGINS = [
  'ai-rag-injector',
  'ai-request-transformer',
  'ai-sanitizer',
  'ai-prompt-compressor',
  'ai-prompt-template',
  'ai-prompt-decorator',
];

/** They answer by `kong.response.exit` with what a model or a backend wrote: where they are in the order of plugins. */
export const ANSWERING_PLUGINS: Readonly<Record<string, ExitBand>> = {
  'ai-response-transformer': 'below-request',
  'ai-semantic-cache': 'below-request',
  'aws-lambda': 'below-response',
  'azure-functions': 'below-response',
  'kafka-upstream': 'below-response',
  confluent: 'below-response',
  'forward-proxy': 'below-response',
  'graphql-proxy-cache-advanced': 'below-response',
  'proxy-cache-advanced': 'below-response',
  'proxy-cache': 'proxy-cache',
  'request-termination': 'below-response',
  mocking: 'below-response',
};

/** Those of them that send the prompt to a backend of their own. */
export const SENDING_PLUGINS = [
  'aws-lambda',
  'azure-functions',
  'kafka-upstream',
  'confluent',
  'forward-proxy',
];

/** The same above both plugins, where the guard cannot tell them from authentication. */
export const ANSWERING_ABOVE = ['ai-mcp-proxy', 'datakit', 'request-callout'];

/** They answer in Kong's access phase, without the response phase in which answers are inspected. */
export const CACHES = [
  'proxy-cache',
  'proxy-cache-advanced',
  'graphql-proxy-cache-advanced',
  'ai-semantic-cache',
];

/** Kong's order of plugins with the same priority is not defined. */
export const TIED_PLUGINS: Readonly<Record<string, 'request' | 'response'>> = {
  'standard-webhooks': 'response',
  'upstream-oauth': 'response',
};

export const AI_PROXIES = ['ai-proxy', 'ai-proxy-advanced'];

/** Kong's others, with which there is nothing to do: above 780 and harmless, or after the answer. */
const HARMLESS = [
  ...[
    'acl',
    'acme',
    'ace',
    'app-dynamics',
    'basic-auth',
    'bot-detection',
    'canary',
    'correlation-id',
    'cors',
  ],
  ...[
    'datadog',
    'degraphql',
    'exit-transformer',
    'file-log',
    'graphql-rate-limiting-advanced',
    'grpc-gateway',
  ],
  ...[
    'grpc-web',
    'header-cert-auth',
    'hmac-auth',
    'http-log',
    'injection-protection',
    'ip-restriction',
    'jq',
  ],
  ...['json-threat-protection', 'jwe-decrypt', 'jwt', 'jwt-signer', 'kafka-log', 'key-auth', 'key-auth-enc'],
  ...[
    'konnect-application-auth',
    'ldap-auth',
    'ldap-auth-advanced',
    'loggly',
    'metering-and-billing',
    'mtls-auth',
  ],
  ...[
    'oas-validation',
    'oauth2',
    'oauth2-introspection',
    'opa',
    'openid-connect',
    'opentelemetry',
    'prometheus',
  ],
  ...[
    'rate-limiting',
    'rate-limiting-advanced',
    'ai-rate-limiting-advanced',
    'redirect',
    'request-size-limiting',
  ],
  ...['request-transformer', 'request-transformer-advanced', 'request-validator', 'response-ratelimiting'],
  ...[
    'response-transformer',
    'response-transformer-advanced',
    'route-by-header',
    'route-transformer-advanced',
  ],
  ...['saml', 'service-protection', 'session', 'statsd', 'statsd-advanced', 'syslog', 'tcp-log'],
  ...['tls-handshake-modifier', 'tls-metadata-headers', 'udp-log', 'upstream-timeout', 'vault-auth'],
  ...['xml-threat-protection', 'zipkin', 'ai-prompt-guard', 'ai-semantic-prompt-guard'],
  ...['ai-azure-content-safety', 'ai-aws-guardrails', 'ai-gcp-model-armor', 'ai-lakera-guard'],
  ...[
    'ai-semantic-response-guard',
    'ai-custom-guardrail',
    'ai-llm-as-judge',
    'ai-mcp-oauth2',
    'ai-a2a-proxy',
  ],
  ...['websocket-size-limit', 'websocket-validator', 'pre-function', 'post-function'],
];

/** Every plugin whose effect is known. */
export const KNOWN_PLUGINS: ReadonlySet<string> = new Set([
  ...HARMLESS,
  ...ADDING_PLUGINS,
  ...Object.keys(ANSWERING_PLUGINS),
  ...ANSWERING_ABOVE,
  ...CACHES,
  ...Object.keys(TIED_PLUGINS),
  ...AI_PROXIES,
]);

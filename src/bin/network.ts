/** Sets up how this process reaches AIDR and providers: authorities, proxies, its own certificate. */
import { clientIdentity, IdentityError, useIdentity } from '../network/client-identity.ts';
import { proxySettings, useProxies } from '../network/proxies.ts';
import { readPlainFile, readSecretFile } from '../network/secret-file.ts';
import { trustAuthorities } from '../network/trusted-authorities.ts';
import type { Environment } from './environment.ts';

export interface NetworkOptions {
  /** PEM files of authorities to trust as well; `system` for those of this machine. */
  caFiles?: string[];
  /** Each before the variable of the environment. */
  httpsProxy?: string;
  httpProxy?: string;
  noProxy?: string;
  /** PEM files. */
  clientCertificate?: { cert: string; key: string };
}

/** @throws AuthorityError, ProxyError, NoProxyError, SecretFileError, IdentityError */
export function setUpNetwork(options: NetworkOptions, environment: Environment): void {
  const { caFiles = [], httpsProxy, httpProxy, noProxy, clientCertificate } = options;
  trustAuthorities(caFiles);
  useProxies(
    proxySettings({
      https_proxy: httpsProxy ?? environment.https_proxy,
      http_proxy: httpProxy ?? environment.http_proxy,
      no_proxy: noProxy ?? environment.no_proxy,
    }),
  );
  if (clientCertificate) useIdentity(identityIn(clientCertificate, environment.aidr_client_key_passphrase));
}

function identityIn({ cert, key }: { cert: string; key: string }, passphrase: string | undefined) {
  try {
    return clientIdentity(
      readPlainFile('--client-cert', cert),
      readSecretFile('--client-key', key),
      passphrase || undefined,
    );
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error;
    throw new IdentityError(`--client-cert ${cert}, --client-key ${key}: ${error.message}`);
  }
}

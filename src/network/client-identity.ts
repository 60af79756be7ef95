/** The certificate that this process or one of its tenants shows to AIDR: mutual TLS. */
import { hash, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';

export interface ClientIdentity {
  /** Tells identities apart without being one. */
  id: string;
  /** PEM: the certificate, and those that lead to its authority. */
  cert: string;
  /** PEM. A secret, in a property that no log and no JSON shows. */
  readonly key: string;
  readonly passphrase?: string;
}

/** Names no value: it is about secrets. */
export class IdentityError extends Error {
  override readonly name = 'IdentityError';
}

/**
 * @param passphrase of the key, if that is encrypted
 * @throws IdentityError when they do not fit together
 */
export function clientIdentity(cert: string, key: string, passphrase?: string): ClientIdentity {
  refuseUnusable(cert, key, passphrase);
  const id = hash('sha256', JSON.stringify([cert, key]), 'base64url').slice(0, 16);
  const secrets = { key, ...(passphrase === undefined ? {} : { passphrase }) };
  return Object.defineProperties({ id, cert } as ClientIdentity, {
    ...Object.fromEntries(
      Object.entries(secrets).map(([name, value]) => [name, { value, enumerable: false }] as const),
    ),
  });
}

function refuseUnusable(cert: string, key: string, passphrase: string | undefined): void {
  if (!isCertificate(cert)) throw new IdentityError('the certificate is no PEM certificate');
  if (!/PRIVATE KEY-----/.test(key)) throw new IdentityError('the key is no PEM private key');
  try {
    createSecureContext({ cert, key, ...(passphrase === undefined ? {} : { passphrase }) });
  } catch (error) {
    throw new IdentityError(problemOf(error, /ENCRYPTED/.test(key)));
  }
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
}

/**
 * OpenSSL's messages quote nothing of a key, but they are not for operators. With one wrong passphrase of 256 what comes out
 * looks decrypted, and is no key.
 */
function problemOf(error: unknown, isEncrypted: boolean): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'no code';
  if (code.includes('KEY_VALUES_MISMATCH')) return 'the key is not that of the certificate';
  if (isEncrypted || /PASSWORD|PASSPHRASE|BAD_DECRYPT|INTERRUPTED_OR_CANCELLED/.test(code))
    return `the key is encrypted, and the passphrase is missing or wrong (${code})`;
  return `the certificate and the key cannot be used (${code})`;
}

let ofProcess: ClientIdentity | undefined;

/** For all configurations without an identity of their own. To be called before any is loaded. */
export function useIdentity(identity: ClientIdentity): void {
  ofProcess = identity;
}

export function identityOfProcess(): ClientIdentity | undefined {
  return ofProcess;
}

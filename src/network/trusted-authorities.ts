/**
 * Whom this process trusts beside the authorities that Node.js comes with: for AIDR, and for providers in live mode. Kong
 * starts plugin servers with an empty environment, so `NODE_EXTRA_CA_CERTS` seldom reaches them.
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';

/** As in Kong's `lua_ssl_trusted_certificate`. */
export const SYSTEM_AUTHORITIES = 'system';

export class AuthorityError extends Error {
  override readonly name = 'AuthorityError';
}

/**
 * @param origins paths of PEM files, and `system` for what this machine trusts
 * @throws AuthorityError when one of them has no certificate, or something else than certificates
 */
export function trustAuthorities(origins: readonly string[]): void {
  if (origins.length === 0) return;
  const added = origins.flatMap((origin) =>
    origin === SYSTEM_AUTHORITIES ? ofThisMachine() : inFile(origin),
  );
  setDefaultCACertificates([...getCACertificates('default'), ...added]);
}

function ofThisMachine(): string[] {
  const certificates = getCACertificates('system');
  if (certificates.length === 0)
    throw new AuthorityError('--ca-file system: this machine trusts no authority');
  return certificates;
}

function inFile(path: string): string[] {
  const certificates = read(path).match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (certificates.length === 0) throw new AuthorityError(`--ca-file ${path}: it holds no certificate`);
  const broken = certificates.findIndex((certificate) => !isCertificate(certificate));
  if (broken !== -1) throw new AuthorityError(`--ca-file ${path}: certificate ${broken + 1} cannot be read`);
  return certificates;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : 'unknown error';
    throw new AuthorityError(`--ca-file ${path}: it cannot be read: ${code}`);
  }
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
}

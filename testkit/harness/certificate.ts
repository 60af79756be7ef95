/** Keys and certificates, made with openssl where they are needed: there is none in the repository. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Paths of PEM files. */
export interface Certificate {
  key: string;
  cert: string;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** @returns why no certificate can be made here; undefined when it can */
export function missingOpenssl(): Promise<string | undefined> {
  return run('openssl', ['version']).then(
    () => undefined,
    () => 'openssl is not installed',
  );
}

/**
 * A certificate for localhost that nobody trusts but who is told to.
 *
 * @throws Error when openssl is not installed
 */
export async function makeCertificate(folder: string): Promise<Certificate> {
  const { key, cert } = pathsIn(folder, 'self-signed');
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  await run('openssl', ['req', '-x509', '-days', '1', ...NEW_KEY, '-keyout', key, '-out', cert, ...subject]);
  return { key, cert };
}

/** @throws Error when openssl is not installed */
export async function makeAuthority(folder: string): Promise<Certificate> {
  const { key, cert } = pathsIn(folder, 'authority');
  const subject = ['-subj', '/CN=An authority for tests'];
  await run('openssl', ['req', '-x509', '-days', '2', ...NEW_KEY, '-keyout', key, '-out', cert, ...subject]);
  return { key, cert };
}

/**
 * A certificate that an authority has signed.
 *
 * @param name whom it is for; also that of its files
 * @param days for which it is good; a negative number is over
 * @throws Error when openssl is not installed
 */
export async function signCertificate(
  folder: string,
  authority: Certificate,
  name: string,
  days = 1,
): Promise<Certificate> {
  const { key, cert } = pathsIn(folder, `${name}${days < 0 ? '-expired' : ''}`);
  const [request, extensions] = [`${cert}.request`, `${cert}.extensions`];
  await run('openssl', ['req', '-new', ...NEW_KEY, '-keyout', key, '-out', request, '-subj', `/CN=${name}`]);
  await writeFile(extensions, `subjectAltName=DNS:${name}\n`);
  await run('openssl', [
    ...['x509', '-req', '-in', request, '-out', cert, '-extfile', extensions, '-days', String(days)],
    ...['-CA', authority.cert, '-CAkey', authority.key, '-CAcreateserial'],
  ]);
  return { key, cert };
}

function pathsIn(folder: string, name: string): Certificate {
  return { key: join(folder, `${name}.key.pem`), cert: join(folder, `${name}.pem`) };
}

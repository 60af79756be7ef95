import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect, promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeAuthority, makeCertificate, missingOpenssl } from '../../testkit/harness/certificate.ts';
import { clientIdentity, IdentityError } from './client-identity.ts';
import { readPlainFile, readSecretFile, SecretFileError } from './secret-file.ts';

const missing = await missingOpenssl();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aidr-identity-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.skipIf(missing)(`a certificate of our own${missing ? ` (did not run: ${missing})` : ''}`, () => {
  let cert: string;
  let key: string;
  let other: string;
  let encrypted: string;
  beforeAll(async () => {
    const paths = await makeCertificate(folder);
    cert = await readFile(paths.cert, 'utf8');
    key = await readFile(paths.key, 'utf8');
    other = await readFile((await makeAuthority(folder)).key, 'utf8');
    const to = ['pkey', '-in', paths.key, '-aes128', '-passout', 'pass:right'];
    encrypted = (await promisify(execFile)('openssl', to)).stdout;
  });

  it('is told from others, and shows its key to nobody who looks at it', () => {
    const identity = clientIdentity(cert, encrypted, 'right');
    expect(identity.key).toBe(encrypted);
    expect(identity.id).toBe(clientIdentity(cert, encrypted, 'right').id);
    expect(identity.id).not.toBe(clientIdentity(cert, key).id);
    expect(inspect(identity) + JSON.stringify(identity)).not.toMatch(/PRIVATE|right/);
  });

  it.each<[string, () => [string, string, string?], string]>([
    ['no certificate', () => ['pem', key], 'the certificate is no PEM certificate'],
    ['no key', () => [cert, cert], 'the key is no PEM private key'],
    ["another one's key", () => [cert, other], 'the key is not that of the certificate'],
    [
      'no passphrase',
      () => [cert, encrypted],
      'the key is encrypted, and the passphrase is missing or wrong',
    ],
    [
      'a wrong passphrase',
      () => [cert, encrypted, 's3cret'],
      'the key is encrypted, and the passphrase is missing or wrong',
    ],
    ['half a key', () => [cert, key.slice(0, 60)], 'the certificate and the key cannot be used'],
  ])('is refused with %s', (_what, parts, problem) => {
    expect(() => clientIdentity(...parts())).toThrow(IdentityError);
    expect(() => clientIdentity(...parts())).toThrow(problem);
    expect(() => clientIdentity(...parts())).not.toThrow('s3cret');
  });
});

describe('a file with secrets', () => {
  const withMode = async (mode: number) => {
    const path = join(folder, 'secret');
    await writeFile(path, 'x');
    await chmod(path, mode);
    return path;
  };

  it.each([0o600, 0o400, 0o640, 0o440])('is read with mode %o', async (mode) => {
    expect(readSecretFile('--env-file', await withMode(mode))).toBe('x');
  });

  it.each([0o644, 0o604, 0o602, 0o666])('is refused with mode %o, with what to do', async (mode) => {
    const path = await withMode(mode);
    expect(() => readSecretFile('--env-file', path)).toThrow(SecretFileError);
    expect(() => readSecretFile('--env-file', path)).toThrow(
      `--env-file ${path}: everybody on this machine may`,
    );
    expect(readPlainFile('--client-cert', path)).toBe('x');
  });

  it('is refused where it is missing', () => {
    expect(() => readSecretFile('--env-file', '/nowhere')).toThrow(
      '--env-file /nowhere: it cannot be read: ENOENT',
    );
  });
});

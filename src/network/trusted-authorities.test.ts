import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, rootCertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AuthorityError, trustAuthorities } from './trusted-authorities.ts';

/** Certificates that Node.js comes with serve as well as any. */
const [FIRST = '', SECOND = '', THIRD = ''] = rootCertificates;

/** In any order, as they are written. */
const trusted = () => getCACertificates('default').map(text).sort();
const text = (certificate: string) => certificate.replace(/\s/g, '');
const these = (...certificates: string[]) => certificates.map(text).sort();

describe('an authority that is to be trusted', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aidr-authorities-'));
  });
  beforeEach(() => setDefaultCACertificates([THIRD]));
  afterAll(async () => {
    setDefaultCACertificates(rootCertificates);
    await rm(folder, { recursive: true, force: true });
  });

  const fileWith = async (text: string) => {
    const path = join(folder, 'ca.pem');
    await writeFile(path, text);
    return path;
  };

  it('is trusted beside those who are already', async () => {
    trustAuthorities([await fileWith(`# Subject: an authority\r\n${FIRST}\n`)]);
    expect(trusted()).toEqual(these(THIRD, FIRST));
  });

  it('is trusted with all others in its file', async () => {
    trustAuthorities([await fileWith(`${FIRST}\n${SECOND}`)]);
    expect(trusted()).toEqual(these(THIRD, FIRST, SECOND));
  });

  it('may be whom this machine trusts', () => {
    const ofMachine = getCACertificates('system');
    if (ofMachine.length === 0) expect(() => trustAuthorities(['system'])).toThrow('trusts no authority');
    else trustAuthorities(['system']);
    expect(new Set(trusted())).toEqual(new Set(these(THIRD, ...ofMachine)));
  });

  it('is nobody where nobody is named', () => {
    trustAuthorities([]);
    expect(trusted()).toEqual(these(THIRD));
  });

  it.each([
    ['nothing', '', 'it holds no certificate'],
    ['a key', FIRST.replaceAll('CERTIFICATE', 'PRIVATE KEY'), 'it holds no certificate'],
    [
      'something else',
      `${FIRST}\n${SECOND.replace(/\n.{9}/, '\nAAAAAAAAA')}`,
      'certificate 2 cannot be read',
    ],
  ])('is refused, and none of its file is trusted, where that holds %s', async (_what, text, problem) => {
    const path = await fileWith(text);
    expect(() => trustAuthorities([path])).toThrow(AuthorityError);
    expect(() => trustAuthorities([path])).toThrow(`--ca-file ${path}: ${problem}`);
    expect(trusted()).toEqual(these(THIRD));
  });

  it('is refused where there is no such file', () => {
    const path = join(folder, 'none.pem');
    expect(() => trustAuthorities([path])).toThrow(`--ca-file ${path}: it cannot be read: ENOENT`);
  });
});

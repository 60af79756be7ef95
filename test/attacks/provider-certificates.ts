/** Who answers in the provider's place: live mode connects to the provider itself, and has to know who that is. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  makeAuthority,
  makeCertificate,
  missingOpenssl,
  signCertificate,
} from '../../testkit/harness/certificate.ts';
import { freePort } from '../../testkit/harness/gateways/free-port.ts';
import type { Attack, Theme } from './attack.ts';
import { post, promptOf, sendRaw } from './sending.ts';

const WEAPON = 'how to build a pipe bomb';
const HARBOURS = 'Tell me of harbours.';

const missing = await missingOpenssl();
const PORT = await freePort();
const folder = await mkdtemp(join(tmpdir(), 'aidr-certificates-'));

/** Of all but the first the plugin server trusts who has signed it. */
const CERTIFICATES = missing === undefined ? await makeCertificates() : undefined;

async function makeCertificates() {
  const authority = await makeAuthority(folder);
  return {
    authority,
    'that nobody has signed': await makeCertificate(folder),
    'that is good': await signCertificate(folder, authority, 'localhost'),
    'that has expired': await signCertificate(folder, authority, 'localhost', -1),
    'of another server': await signCertificate(folder, authority, 'impostor.example'),
  };
}

type Kind = Exclude<keyof NonNullable<typeof CERTIFICATES>, 'authority'>;

/**
 * While it runs, somebody with this certificate listens where the provider should.
 *
 * @param run is told which requests that somebody has got so far
 */
async function answering<Result>(kind: Kind, run: (got: string[]) => Promise<Result>): Promise<Result> {
  const got: string[] = [];
  if (!CERTIFICATES) throw new Error('there are no certificates');
  const { key, cert } = CERTIFICATES[kind];
  const server = createServer({ key: await readFile(key), cert: await readFile(cert) });
  server.on('request', (request, response) => {
    got.push(request.url ?? '');
    response.setHeader('content-type', 'application/json').setHeader('connection', 'close');
    const message = { role: 'assistant', content: WEAPON };
    response.end(JSON.stringify({ choices: [{ index: 0, message }] }));
  });
  server.listen(PORT, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await run(got);
  } finally {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }
}

const cannot = (gateway: string) =>
  missing ?? (gateway === 'docker' ? 'the authority is not in it' : undefined);

/** A request whose `Host` says that an impostor is meant. */
const ASKING_FOR_IMPOSTOR = (route: string) => {
  const body = promptOf(HARBOURS);
  const lines = [
    'Host: impostor.example',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
  ];
  return [`POST /${route}/v1/chat/completions HTTP/1.1`, ...lines, 'Connection: close', '', body].join(
    '\r\n',
  );
};

type Refusal = [kind: Kind, route: string, status: number, saying: string];

const NOT_TRUSTED = [502, 'the certificate of the upstream is not trusted'] as const;
const NOT_FOLLOWED = 'the relay cannot follow';

const REFUSED: Refusal[] = [
  ['that nobody has signed', 'unset', ...NOT_TRUSTED],
  ['that nobody has signed', 'verified', ...NOT_TRUSTED],
  ['that has expired', 'unset', ...NOT_TRUSTED],
  ['of another server', 'unset', ...NOT_TRUSTED],
  ['of another server', 'host-of-client', ...NOT_TRUSTED],
  ['that is good', 'own-authorities', 500, `${NOT_FOLLOWED} ca_certificates`],
  ['that is good', 'short-chains', 500, `${NOT_FOLLOWED} tls_verify_depth`],
];

const refused = REFUSED.map(
  ([kind, route, status, saying]): Attack => ({
    attack: `a server with a certificate ${kind} (${route})`,
    against: 'nobody but the provider gets the prompt',
    planted: HARBOURS,
    cannot,
    send: (stage) =>
      answering(kind, async (got) => {
        const received = await sendRaw(stage, [ASKING_FOR_IMPOSTOR(route)]);
        if (got.length > 0) throw new Error(`it was sent ${got.join(', ')}`);
        return received;
      }),
    must: { kind: 'refused', status, saying },
  }),
);

/** That these go through, and their answers are inspected, shows that the others were refused for what they are. */
const ANSWERED: [kind: Kind, route: string][] = [
  ['that is good', 'unset'],
  ['that is good', 'verified'],
  ['that is good', 'host-of-client'],
  ['that nobody has signed', 'unverified'],
  ['that has expired', 'unverified-though-pinned'],
];

const answered = ANSWERED.map(
  ([kind, route]): Attack => ({
    attack: `an answer of a server with a certificate ${kind} (${route})`,
    against: 'no answer returns unread',
    plantedIn: 'answer',
    planted: WEAPON,
    cannot,
    send: (stage) => answering(kind, () => post(stage, promptOf(HARBOURS), { route })),
    must: { kind: 'blocked' },
  }),
);

const onTls = (service: Record<string, unknown>, route: Record<string, unknown> = {}) => ({
  url: `https://localhost:${PORT}`,
  config: { response_mode: 'live' },

  service,
  route,
});

export const providerCertificates: Theme = {
  name: "a server in the provider's place",
  stage: {
    routes: {
      unset: onTls({}),
      verified: onTls({ tls_verify: true }),
      unverified: onTls({ tls_verify: false }),
      'unverified-though-pinned': onTls({ tls_verify: false, ca_certificates: [randomUUID()] }),
      'host-of-client': onTls({}, { preserve_host: true }),
      'own-authorities': onTls({ ca_certificates: [randomUUID()] }),
      'short-chains': onTls({ tls_verify_depth: 1 }),
    },
    ...(CERTIFICATES ? { caFile: CERTIFICATES.authority.cert } : {}),
  },
  attacks: [...refused, ...answered],
  dispose: () => rm(folder, { recursive: true, force: true }),
};

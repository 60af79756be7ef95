/** The way to AIDR, step by step, so that it is known which of them fails. */
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { AidrEndpoint } from '../../aidr/endpoint.ts';
import { authorityOf, withoutBrackets } from '../../network/host.ts';
import type { Target } from '../../network/no-proxy.ts';
import { type ForwardProxy, proxyFor } from '../../network/proxies.ts';
import { openTunnel, TunnelError, type TunnelProblem } from '../../network/tunnel.ts';
import type { CheckResult } from './check.ts';

/** Milliseconds for each step. */
const LIMIT = 5_000;

/** @returns a result for each step, up to the first that fails */
export async function checkNetwork(endpoint: AidrEndpoint): Promise<CheckResult[]> {
  const { protocol, hostname, port } = new URL(endpoint.baseUrl);
  const isTls = protocol === 'https:';
  const target = { host: withoutBrackets(hostname), port: Number(port) || (isTls ? 443 : 80) };
  const proxy = proxyFor({ ...target, isTls });
  const results = [await checkName(proxy ?? target)];
  if (!results.every(isWell)) return results;
  const { result, socket } = await (proxy ? checkProxy(proxy, target) : checkConnection(target));
  results.push(result);
  if (!socket) return results;
  if (isTls) results.push(await checkTls(endpoint, target, socket));
  socket.destroy();
  return results;
}

export function isWell({ isOk }: CheckResult): boolean {
  return isOk;
}

async function checkName({ host }: Target): Promise<CheckResult> {
  const subject = 'AIDR DNS';
  if (isIP(host) !== 0) return { subject, isOk: true, finding: `${host} is an address` };
  try {
    const addresses = await lookup(host, { all: true });
    return { subject, isOk: true, finding: `${host} has ${addresses.length} addresses` };
  } catch (error) {
    const cure =
      'check the name and the resolver, or name a proxy with --https-proxy, which looks it up itself';
    return { subject, isOk: false, finding: `${host} has no address (${codeOf(error)}): ${cure}` };
  }
}

interface Reached {
  result: CheckResult;
  /** Absent when there is no connection. */
  socket?: Socket;
}

async function checkConnection(target: Target): Promise<Reached> {
  const subject = 'AIDR connection';
  const socket = connect(target);
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(LIMIT) });
    return { result: { subject, isOk: true, finding: `${authorityOf(target)} is reached` }, socket };
  } catch (error) {
    socket.destroy();
    const cure = 'open the firewall, or name the proxy with --https-proxy';
    const finding = `${authorityOf(target)} cannot be reached (${codeOf(error)}): ${cure}`;
    return { result: { subject, isOk: false, finding } };
  }
}

async function checkProxy(proxy: ForwardProxy, target: Target): Promise<Reached> {
  const subject = 'AIDR proxy';
  try {
    const socket = await openTunnel(proxy, target, LIMIT);
    const finding = `${authorityOf(proxy)} connects to ${authorityOf(target)}`;
    return { result: { subject, isOk: true, finding }, socket };
  } catch (error) {
    const finding =
      error instanceof TunnelError
        ? `${error.finding}: ${PROXY_CURES[error.code]}`
        : `${authorityOf(proxy)} cannot be reached (${codeOf(error)})`;
    return { result: { subject, isOk: false, finding } };
  }
}

const PROXY_CURES: Record<TunnelProblem, string> = {
  PROXY_UNREACHABLE: 'check host and port of https_proxy',
  PROXY_NOT_TRUSTED: 'name the authority of its certificate with --ca-file, or use http:// in https_proxy',
  PROXY_AUTHENTICATION: 'put user and password into https_proxy in the file of --env-file',
  PROXY_REFUSED: 'allow the host and its port in the proxy, or name the host in no_proxy',
  PROXY_TIMEOUT: 'ask whoever runs the proxy, or name the host in no_proxy',
  PROXY_BROKEN: 'check that https_proxy names a forward proxy that speaks HTTP, with http:// or https://',
};

async function checkTls(
  { verifyTls, identity }: AidrEndpoint,
  target: Target,
  socket: Socket,
): Promise<CheckResult> {
  const subject = 'AIDR TLS';
  const { cert, key, passphrase } = identity ?? {};
  const secured = connectTls({
    ...{ socket, host: target.host, rejectUnauthorized: verifyTls },
    ...(isIP(target.host) === 0 ? { servername: target.host } : {}),
    ...(cert && key ? { cert, key } : {}),
    ...(passphrase ? { passphrase } : {}),
  });
  try {
    await once(secured, 'secureConnect', { signal: AbortSignal.timeout(LIMIT) });
    const verified = secured.authorized ? 'its certificate is trusted' : 'its certificate is not verified';
    return { subject, isOk: true, finding: `${secured.getProtocol()}, ${verified}` };
  } catch (error) {
    return { subject, isOk: false, finding: tlsFinding(codeOf(error)) };
  } finally {
    secured.on('error', () => undefined).destroy();
  }
}

/** @param code of an error in TLS, or when it was thought to be over: a server may look at our certificate afterwards */
export function tlsFinding(code: string): string {
  if (CERTIFICATE_CODES.test(code)) return `${code}: ${OUR_CERTIFICATE}`;
  return `${code}: ${TLS_CURES[code] ?? 'there is something else than AIDR that speaks TLS'}`;
}

export function isAboutOurCertificate(code: string): boolean {
  return CERTIFICATE_CODES.test(code);
}

/** Alerts of the server. @see https://www.rfc-editor.org/rfc/rfc8446#section-6 */
const CERTIFICATE_CODES =
  /ALERT_(?:BAD_CERTIFICATE|CERTIFICATE_REQUIRED|CERTIFICATE_UNKNOWN|CERTIFICATE_EXPIRED|CERTIFICATE_REVOKED|UNSUPPORTED_CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED|HANDSHAKE_FAILURE)/;

const OUR_CERTIFICATE =
  'it wants another certificate of ours: --client-cert and --client-key, or ai_guard_client_cert and ai_guard_client_key';

const UNKNOWN_AUTHORITY =
  'name the authority of its certificate, or of the proxy that reads TLS, with --ca-file';

const TLS_CURES: Readonly<Record<string, string>> = {
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host: check the host of the base URL',
  CERT_HAS_EXPIRED: 'its certificate has expired: check the clock of this machine',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet: check the clock of this machine',
  EPROTO: 'it does not speak TLS: check scheme and port of the base URL',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS: check scheme and port of the base URL',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS: check scheme and port of the base URL',
};

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no code';
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return `no answer within ${LIMIT} ms`;
  return 'code' in error ? String(error.code) : 'no code';
}

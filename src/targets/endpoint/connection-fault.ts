import { ModelError } from '../../models/model-error.ts';
import { RequestFailure } from '../target.ts';

/** The endpoint does not serve what was asked for: one sentence for people. */
export class EndpointRefused extends Error {}

/** What a socket's error means for the request that it met; the error itself is its cause. */
export function connectionFailure(error: unknown, where: string): RequestFailure {
  const { code, message } = errorOf(error);
  const isRefused = code === 'ECONNREFUSED';
  const fault = faultOf(code);
  const says = isRefused ? 'refused the connection' : (fault?.says ?? message);
  const failure = isRefused
    ? new RequestFailure('rejected', 'refused', `${where} ${says}`)
    : new RequestFailure('target-error', fault?.code ?? code, `${where}: ${says}`);
  failure.cause = error;
  return failure;
}

/** The same as a sentence for people, before any load: what was found and what would be right. */
export function connectionSentence(error: unknown, where: string): string {
  const { code, message } = errorOf(error);
  if (code === 'ECONNREFUSED') return `${where}: the connection was refused; expected a server that listens there`;
  const fault = faultOf(code);
  return fault === null ? `${where}: ${message} (${code})` : `${where}: ${fault.says}; ${fault.expected}`;
}

/** Why an endpoint could not be opened, as one sentence; what is a sentence already stays what it is. */
export function refusalOf(error: unknown, where: string): Error {
  if (error instanceof RequestFailure && error.cause === undefined) return new EndpointRefused(error.message);
  if (error instanceof Error && !('code' in error)) return error;
  const cause = error instanceof RequestFailure ? error.cause : error;
  return error instanceof ModelError ? error : new EndpointRefused(connectionSentence(cause, where), { cause });
}

function errorOf(error: unknown): { readonly code: string; readonly message: string } {
  if (!(error instanceof Error)) return { code: 'unknown', message: String(error) };
  const { code, reason } = error as { readonly code?: unknown; readonly reason?: unknown };
  const [first] = error instanceof AggregateError ? error.errors : [];
  if (first instanceof Error && typeof code !== 'string') return errorOf(first);
  return {
    code: typeof code === 'string' ? code : error.name,
    message: typeof reason === 'string' ? reason : error.message,
  };
}

interface Fault {
  readonly code: string;
  readonly says: string;
  readonly expected: string;
}

const CERTIFICATE = 'expected one that the system trusts, or name its issuer under tls.ca';

const FAULTS: Readonly<Record<string, Fault>> = {
  ENOTFOUND: {
    code: 'dns',
    says: 'no address is known for this name (DNS)',
    expected: 'expected a name that resolves',
  },
  EAI_AGAIN: { code: 'dns', says: 'the name could not be looked up (DNS)', expected: 'expected a name that resolves' },
  ECONNRESET: { code: 'reset', says: 'the connection was reset', expected: 'expected an answer' },
  EPIPE: {
    code: 'reset',
    says: 'the connection was closed while the request was sent',
    expected: 'expected an answer',
  },
  ETIMEDOUT: {
    code: 'unreachable',
    says: 'the connection was not answered',
    expected: 'expected a server that listens there',
  },
  EHOSTUNREACH: {
    code: 'unreachable',
    says: 'there is no route to this host',
    expected: 'expected a host that can be reached',
  },
  ENETUNREACH: {
    code: 'unreachable',
    says: 'there is no route to this network',
    expected: 'expected a host that can be reached',
  },
  CERT_HAS_EXPIRED: { code: 'tls', says: 'its certificate has expired', expected: 'expected a valid one' },
  CERT_NOT_YET_VALID: { code: 'tls', says: 'its certificate is not valid yet', expected: 'expected a valid one' },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    code: 'tls',
    says: 'its certificate is for another name',
    expected: 'expected one for this name, or set tls.serverName',
  },
  DEPTH_ZERO_SELF_SIGNED_CERT: { code: 'tls', says: 'its certificate is signed by itself', expected: CERTIFICATE },
  SELF_SIGNED_CERT_IN_CHAIN: {
    code: 'tls',
    says: 'its certificate comes from an issuer that is not trusted',
    expected: CERTIFICATE,
  },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: {
    code: 'tls',
    says: 'its certificate comes from an unknown issuer',
    expected: CERTIFICATE,
  },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: {
    code: 'tls',
    says: 'its certificate comes from an unknown issuer',
    expected: CERTIFICATE,
  },
  UNABLE_TO_GET_ISSUER_CERT: {
    code: 'tls',
    says: 'its certificate comes from an unknown issuer',
    expected: CERTIFICATE,
  },
  ERR_SSL_WRONG_VERSION_NUMBER: {
    code: 'tls',
    says: 'it does not speak TLS',
    expected: 'expected http:// in place of https://, or a server with TLS',
  },
  ERR_SSL_PACKET_LENGTH_TOO_LONG: {
    code: 'tls',
    says: 'it does not speak TLS',
    expected: 'expected http:// in place of https://, or a server with TLS',
  },
};

const faultOf = (code: string): Fault | null => {
  const known = FAULTS[code];
  if (known !== undefined) return known;
  if (!/^(?:ERR_SSL_|ERR_TLS_|EPROTO)/u.test(code)) return null;
  const says = /CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|BAD_CERTIFICATE|UNKNOWN_CA/u.test(code)
    ? 'it did not accept the client’s certificate, or wants one'
    : `the TLS handshake failed (${code})`;
  return {
    code: 'tls',
    says,
    expected: 'expected a common TLS version, and a client certificate under tls.certificate where it wants one',
  };
};

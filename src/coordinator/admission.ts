import { createHash, timingSafeEqual } from 'node:crypto';
import { formatJoinToken } from '../wire/join-token.ts';
import type { Authority } from '../wire/x509.ts';
import type { RefusalCode } from './place.ts';

/** Who asks to be let in, in whose place. */
export interface Applicant {
  readonly runId: string;
  readonly attempt: number;
  readonly index: number;
  readonly token: string;
}

export interface Turning {
  readonly code: RefusalCode;
  /** A clause for people: what was found, and what would be right. */
  readonly message: string;
}

/** Who is let in: decides by secrets where streams are not encrypted, and by certificates where they are. */
export interface Admission {
  /** What the engine hands to the agents of an attempt, one line. Drawn once per attempt. */
  token(attempt: number): string;
  /** Null: let in. `uri`: the name in the peer's certificate of this run's authority; null: it has none. */
  turnsAway(applicant: Applicant, uri: string | null): Turning | null;
  /** A certificate for the key of a request, both DER. */
  enrol(applicant: Applicant, request: Uint8Array): Promise<Uint8Array | Turning>;
}

const BAD_TOKEN: Turning = {
  code: 'bad-token',
  message: 'the token is not that of this run; take the one that the coordinator gave out for this place',
};

/** Where nobody but this machine can listen: all agents of the run share one secret. */
export class SharedSecret implements Admission {
  readonly #secret: string;

  constructor(secret: string) {
    this.#secret = secret;
  }

  token(): string {
    return this.#secret;
  }

  turnsAway({ token }: Applicant): Turning | null {
    return isSame(digestOf(token), digestOf(this.#secret)) ? null : BAD_TOKEN;
  }

  enrol(): Promise<Turning> {
    return Promise.resolve({
      code: 'malformed',
      message: 'this coordinator gives out no certificates, since its address is for this machine alone',
    });
  }
}

/**
 * Where others could listen: an agent proves by a certificate of the run's own authority which place it speaks for. It
 * gets one for the secret of its attempt, of which only the digest is kept, and a place gets one for one key only: who
 * has read the secret later on comes too late.
 */
export class Certificates implements Admission {
  readonly #runId: string;
  readonly #authority: Authority;
  readonly #drawSecret: () => string;
  /** SHA-256 of each attempt's secret. */
  readonly #secrets = new Map<number, Buffer>();
  /** By certified name: SHA-256 of the request it was given for, and the certificate. */
  readonly #given = new Map<string, { readonly request: Buffer; readonly certificate: Promise<Uint8Array | null> }>();

  constructor(runId: string, authority: Authority, drawSecret: () => string) {
    this.#runId = runId;
    this.#authority = authority;
    this.#drawSecret = drawSecret;
  }

  token(attempt: number): string {
    const secret = this.#drawSecret();
    this.#secrets.set(attempt, digestOf(secret));
    return formatJoinToken({ secret, authority: this.#authority.certificate });
  }

  turnsAway(applicant: Applicant, uri: string | null): Turning | null {
    if (uri === null) {
      return {
        code: 'no-certificate',
        message:
          'found no certificate of this run’s authority; an agent gets one for the token of its place, so start it with that token',
      };
    }
    const expected = nameOf(applicant);
    if (uri === expected) return null;
    return { code: 'other-place', message: `the certificate is for ${uri}, expected one for ${expected}` };
  }

  async enrol(applicant: Applicant, request: Uint8Array): Promise<Uint8Array | Turning> {
    const secret = this.#secrets.get(applicant.attempt);
    const isKnown = secret !== undefined && isSame(digestOf(applicant.token), secret);
    if (!isKnown || applicant.runId !== this.#runId) return BAD_TOKEN;
    const name = nameOf(applicant);
    const digest = createHash('sha256').update(request).digest();
    const before = this.#given.get(name);
    if (before !== undefined && !isSame(before.request, digest)) {
      const message = `the token of place ${applicant.index} was used before, by another process; a place is joined once per attempt`;
      return { code: 'token-used', message };
    }
    const certificate = before?.certificate ?? this.#authority.client(request, name);
    this.#given.set(name, { request: digest, certificate });
    const issued = await certificate;
    if (issued !== null) return issued;
    this.#given.delete(name);
    return { code: 'malformed', message: 'certificate request: expected PKCS #10 with a P-256 key, signed by it' };
  }
}

/** The name that a certificate gives to the holder of a place. */
const nameOf = ({ runId, attempt, index }: Applicant): string => `loadcell:${runId}/${attempt}/${index}`;

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** In a time that tells nothing about them. */
const isSame = (found: Buffer, expected: Buffer): boolean => timingSafeEqual(found, expected);

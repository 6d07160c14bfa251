import { type Address, type Advertised, authority } from '../campaign/dial-address.ts';
import { COORDINATOR_NAME } from '../wire/join-token.ts';
import { isLoopback } from '../wire/loopback.ts';
import { type Admission, Certificates, SharedSecret } from './admission.ts';
import type { DoorSecurity } from './door-credentials.ts';
import { ResultsError } from './results-error.ts';

/** Where agents come in, and who is let in. */
export interface Entrance {
  readonly listen: Address;
  /** By which address agents find it; port null: the one it listens on. */
  readonly advertise: Advertised;
  readonly admission: Admission;
  /** Null: nobody but this machine can listen, and nothing is encrypted. */
  readonly security: DoorSecurity | null;
}

export interface EntranceAt {
  readonly listen: Address;
  /** Null: the address it listens on. */
  readonly advertise: Advertised | null;
}

interface World {
  readonly runId: string;
  readonly nowMs: number;
  drawHex(bytes: number): string;
}

const SECRET_BYTES = 16;
const DAY_MS = 86_400_000;
/** Nodes whose clocks are wrong by hours still find the certificates valid; a campaign is over long before they end. */
const VALID_BEFORE_MS = DAY_MS;
const VALID_FOR_MS = 30 * DAY_MS;
const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/**
 * Makes out how agents come in: on a loopback address with a secret that they share, anywhere else with certificates of an
 * authority of this run's own. Throws a {@link ResultsError} `usage` where nobody could find the address.
 */
export async function entranceAt({ listen, advertise }: EntranceAt, world: World): Promise<Entrance> {
  const found = advertise ?? { host: listen.host, port: null };
  if (WILDCARDS.has(found.host)) {
    const what = `--listen, or fleet.coordinator.listen: found ${authority(listen.host, listen.port)}, which agents on other nodes cannot dial`;
    throw new ResultsError(
      'usage',
      `${what}; name the address by which they reach this machine with --advertise, or fleet.coordinator.advertise`,
    );
  }
  const drawSecret = (): string => world.drawHex(SECRET_BYTES);
  if (isLoopback(listen.host)) {
    return { listen, advertise: found, admission: new SharedSecret(drawSecret()), security: null };
  }
  // Loaded where it is needed: a run on one machine encrypts nothing.
  const { createAuthority } = await import('../wire/x509.ts');
  const validity = {
    notBefore: new Date(world.nowMs - VALID_BEFORE_MS),
    notAfter: new Date(world.nowMs + VALID_FOR_MS),
  };
  const own = await createAuthority(`loadcell ${world.runId}`, validity);
  const server = await own.server(COORDINATOR_NAME);
  return {
    listen,
    advertise: found,
    admission: new Certificates(world.runId, own, drawSecret),
    security: { authority: own.pem, server },
  };
}

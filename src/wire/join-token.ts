/**
 * What an engine hands to the agents that it places, as one line of text: the secret of their attempt, and where streams
 * are encrypted also the certificate of the run's authority, so that an agent trusts no other coordinator. Whoever has the
 * line can take the place of an agent; it is never an argument, a log or a variable of the environment.
 */
export interface JoinToken {
  readonly secret: string;
  /** X.509, DER; null: streams are not encrypted. */
  readonly authority: Uint8Array | null;
}

/**
 * The name in every coordinator's certificate, whatever address it is dialled by: one authority certifies one coordinator,
 * so that its certificate says all, and a tunnel or another name for the same machine changes nothing.
 */
export const COORDINATOR_NAME = 'coordinator.loadcell';

const SECURED = 'loadcell1';

export const formatJoinToken = ({ secret, authority }: JoinToken): string =>
  authority === null ? secret : `${SECURED}.${Buffer.from(authority).toString('base64url')}.${secret}`;

export function readJoinToken(text: string): JoinToken {
  const [form, authority, secret, ...more] = text.split('.');
  if (form !== SECURED || !authority || !secret || more.length > 0) return { secret: text, authority: null };
  return { secret, authority: Buffer.from(authority, 'base64url') };
}

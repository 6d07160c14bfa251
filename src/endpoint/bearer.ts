import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { SecretPlace } from './endpoint-spec.ts';
import { Refusal } from './refusal.ts';

/** Where a token cannot be had: one sentence for people. */
export class SecretMissing extends Error {}

/** @throws SecretMissing where nothing lies there. */
export function secretAt(place: SecretPlace, env: Readonly<Record<string, string | undefined>>): string {
  const value = place.kind === 'env' ? env[place.name] : fileAt(place.path);
  const where = place.kind === 'env' ? `the environment variable ${place.name}` : `the file ${place.path}`;
  if (value !== undefined && value.trim() !== '') return value.trim();
  throw new SecretMissing(`token: ${where} is empty or not there, expected the bearer token`);
}

function fileAt(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Holds requests against a bearer token without telling by its time how much of one was right. */
export class Bearer {
  readonly #digest: Buffer;

  constructor(token: string) {
    this.#digest = digestOf(token);
  }

  /** @throws Refusal `unauthenticated` */
  check(authorization: string | undefined): void {
    const [, token = ''] = /^Bearer +(\S+) *$/i.exec(authorization ?? '') ?? [];
    if (token !== '' && timingSafeEqual(digestOf(token), this.#digest)) return;
    const found = authorization === undefined ? 'no authorization' : 'an authorization that is not the right one';
    throw new Refusal('unauthenticated', `found ${found}, expected the bearer token of this endpoint`);
  }
}

const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest();

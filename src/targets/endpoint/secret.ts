import { readFileSync } from 'node:fs';
import type { HeaderValue, SecretSource } from '../../campaign/endpoint-spec.ts';

/** A secret that is not there: one sentence for people, without any value. */
export class SecretError extends Error {}

/** Where secrets are looked up. */
export interface SecretPlaces {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readText: (path: string) => string;
}

export const ownSecrets = (env: SecretPlaces['env']): SecretPlaces => ({
  env,
  readText: (path) => readFileSync(path, 'utf8'),
});

/** The value of a secret, on the agent that needs it and nowhere else. @throws SecretError where it is not there. */
export function secretValue(source: SecretSource, places: SecretPlaces): string {
  if (source.kind === 'env') {
    const value = places.env[source.name];
    if (value !== undefined && value !== '') return value;
    throw new SecretError(
      `secret: the agent has no environment variable ${source.name}; expected it to hold the value`,
    );
  }
  try {
    return places.readText(source.path).replace(/\r?\n$/u, '');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new SecretError(
      `secret: the agent cannot read the file ${source.path} (${code}); expected it to hold the value`,
    );
  }
}

/**
 * Headers as they are sent, names in lower case.
 *
 * @throws SecretError where a value is a secret that is not there or does not fit a header.
 */
export const resolvedHeaders = (
  headers: Readonly<Record<string, HeaderValue>>,
  places: SecretPlaces,
): readonly (readonly [string, string])[] =>
  Object.entries(headers).map(([name, value]) => [name.toLowerCase(), headerValue(name, value, places)]);

function headerValue(name: string, value: HeaderValue, places: SecretPlaces): string {
  if (typeof value === 'string') return value;
  const resolved = secretValue(value.secret, places);
  if (/^[\t\x20-\x7e\x80-\xff]*$/u.test(resolved)) return resolved;
  throw new SecretError(
    `headers.${name}: the secret holds characters that no header can carry; expected one line of text`,
  );
}

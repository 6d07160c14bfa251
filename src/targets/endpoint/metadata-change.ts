import type { OipMetadata } from './oip-http.ts';

/**
 * What of a server's words differs from what it said before: it was exchanged, or its model was, while it was measured. Null:
 * nothing. A server that cannot be asked any more is none of its concern: its requests have failed.
 */
export async function changeOf(
  where: string,
  before: OipMetadata | null,
  ask: () => Promise<OipMetadata>,
): Promise<string | null> {
  if (before === null) return null;
  const after = await ask().catch(() => null);
  if (after === null) return null;
  for (const [what, was, is] of [
    ['server', before.server, after.server],
    ['model', before.model, after.model],
  ] as const) {
    const [wasText, isText] = [JSON.stringify(was), JSON.stringify(is)];
    if (wasText !== isText) {
      return `${where}: what it says of the ${what} changed while it was measured, from ${brief(wasText)} to ${brief(isText)}; expected one and the same ${what} throughout`;
    }
  }
  return null;
}

const LONGEST = 200;

const brief = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);

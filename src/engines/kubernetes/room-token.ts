import { type SecretKey, secretKey } from '../../agent/secret-key.ts';
import { PlaceTrouble } from '../inside-place.ts';

/**
 * What the room of a run is asked with, by its id: made of the user's key for secrets, so that whoever has that key finds it again,
 * and nothing is kept. The key is read when it is first needed; a {@link PlaceTrouble} is thrown where it cannot be.
 */
export function roomToken(env: Readonly<Record<string, string | undefined>>): (runId: string) => string {
  let key: SecretKey | null = null;
  return (runId) => {
    key ??= keyOf(env);
    return key.tokenFor(`room of ${runId}`);
  };
}

function keyOf(env: Parameters<typeof secretKey>[0]): SecretKey {
  try {
    return secretKey(env);
  } catch (error) {
    throw new PlaceTrouble('refused', error instanceof Error ? error.message : String(error), error);
  }
}

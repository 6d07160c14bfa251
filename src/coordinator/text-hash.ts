import { createHash } from 'node:crypto';
import type { TextHash } from '../scenarios/digest.ts';

/** A fresh SHA-256 of text. */
export function sha256OfText(): TextHash {
  const hash = createHash('sha256');
  return { update: (text) => void hash.update(text), hex: () => hash.digest('hex') };
}

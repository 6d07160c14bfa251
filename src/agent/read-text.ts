import { readFileSync } from 'node:fs';
import type { ReadText } from './proc-stat.ts';

/** Reads files of this machine. */
export const readText: ReadText = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

import { readFileSync } from 'node:fs';

/** The text of a file; null when there is none or it may not be read. */
export type ReadText = (path: string) => string | null;

/** Reads files of this machine. */
export const readText: ReadText = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

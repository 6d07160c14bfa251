import { readFileSync } from 'node:fs';

/** The package's version; the same file from `src/cli` and from `dist/cli`. */
export const packageVersion = (): string => {
  const parsed: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return (parsed as { version: string }).version;
};

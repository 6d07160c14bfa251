import { EXIT_CODES } from '../../verdict/exit-code.ts';
import { Failure } from '../failure.ts';

/** Primary result codes of SQLite. Source: sqlite.org, "Result and Error Codes". */
const SENTENCES: Readonly<Record<number, { readonly exit: 'before-start' | 'own-fault'; readonly says: string }>> = {
  5: { exit: 'own-fault', says: 'is in use by another process, which did not let go of it; try again' },
  8: { exit: 'before-start', says: 'cannot be written; expected a file and a folder that may be written' },
  10: { exit: 'own-fault', says: 'cannot be read or written: the disk reports an error' },
  11: {
    exit: 'before-start',
    says: 'is damaged; take it away and make it again, for example loadcell baseline add results/2026*',
  },
  13: { exit: 'own-fault', says: 'cannot be written: the disk is full; nothing of it is changed' },
};

/** What a store's database reports, in one sentence; null where that is none of its known troubles. */
export function storeFailure(path: string, error: unknown): Failure | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null;
  const known = SENTENCES[error.errcode & 0xff];
  return known === undefined ? null : new Failure(EXIT_CODES[known.exit].code, `--store: ${path} ${known.says}`);
}

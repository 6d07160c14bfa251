import { PlaceTrouble } from '../engines/inside-place.ts';
import { EXIT_CODES } from '../verdict/exit-code.ts';
import { Failure } from './failure.ts';

/**
 * What an engine could not do, as the {@link Failure} by which the command ends: exit 12 where it has not told and may the
 * next time, 64 where it would not. `who`: at the head of the sentence; absent: nothing.
 */
export const explained = <T>(doing: Promise<T>, who?: string): Promise<T> =>
  doing.catch((error: unknown) => {
    if (!(error instanceof PlaceTrouble)) throw error;
    const exit = error.kind === 'lost' ? 'inconclusive' : 'before-start';
    throw new Failure(EXIT_CODES[exit].code, who === undefined ? error.message : `${who}: ${error.message}`);
  });

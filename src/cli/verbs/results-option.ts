import { Option } from 'commander';
import { EXIT_CODES } from '../../verdict/exit-code.ts';
import { Failure } from '../failure.ts';

/** Where run folders go unless somebody says otherwise: below the working folder. */
export const RESULTS_HERE = 'results';

/** `--results <dir>`. Throws a {@link Failure} where it names no folder. */
export const resultsFolder = (description: string): Option =>
  new Option('--results <dir>', description).default(RESULTS_HERE).argParser((folder: string) => {
    if (folder.trim() !== '') return folder;
    throw new Failure(
      EXIT_CODES['before-start'].code,
      '--results: found an empty text, expected a folder, for example --results results',
    );
  });

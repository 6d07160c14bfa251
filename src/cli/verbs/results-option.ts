import { Option } from 'commander';
import { EXIT_CODES } from '../../verdict/exit-code.ts';
import { Failure } from '../failure.ts';

/** `--results <dir>`. Throws a {@link Failure} where it names no folder. */
export const resultsFolder = (description: string): Option =>
  new Option('--results <dir>', description).default('results').argParser((folder: string) => {
    if (folder.trim() !== '') return folder;
    throw new Failure(
      EXIT_CODES['before-start'].code,
      '--results: found an empty text, expected a folder, for example --results results',
    );
  });

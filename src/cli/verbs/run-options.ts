import type { Command } from 'commander';
import { resultsFolder } from './results-option.ts';

/** The run that a verb is about; `otherwise`: which one where none is named. */
export const runArgument = (command: Command, otherwise?: string): Command =>
  command.argument(
    otherwise === undefined ? '<run>' : '[run]',
    'a results folder, the id of a run below --results, or latest',
    otherwise,
  );

/** Where the ids of runs are looked up. */
export const resultsOption = (command: Command): Command => command.addOption(resultsFolder('where run folders are'));

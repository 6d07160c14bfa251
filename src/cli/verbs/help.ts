import type { Command } from 'commander';
import { nearest } from '../../campaign/nearest.ts';
import { EXIT_CODES } from '../../verdict/exit-code.ts';
import { Failure } from '../failure.ts';

/** `loadcell help` */
export function addHelp(program: Command): void {
  program
    .command('help')
    .description('show the help of a verb')
    .argument('[verb...]', 'a verb, and one of its own where it has some')
    .addHelpText('after', '\nExamples:\n  loadcell help run\n  loadcell help model make')
    .action((verbs: readonly string[]) => {
      verbs.reduce(verbBelow, program).outputHelp();
    });
}

function verbBelow(command: Command, name: string): Command {
  const found = command.commands.find((verb) => verb.name() === name);
  if (found !== undefined) return found;
  const names = command.commands.map((verb) => verb.name());
  const near = nearest(name, names);
  const hint = near === null ? `expected one of ${names.join(', ')}` : `did you mean ${near}?`;
  const known = names.length === 0 ? `${command.name()} has none of its own` : hint;
  throw new Failure(EXIT_CODES['before-start'].code, `help: found ${name}, which is no verb; ${known}`);
}

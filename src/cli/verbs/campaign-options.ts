import { type Command, Option } from 'commander';

/** Options that say what is run; shared by run and plan. */
export function campaignOptions(command: Command): Command {
  return command
    .addOption(repeatable('--set <path=value>', 'change one value of the campaign, for example fleet.agents=1'))
    .addOption(repeatable('--with <overlay.yaml>', 'lay another file over the campaign'))
    .option(
      '--engine <name>',
      'what places the agents: local, slurm or kubernetes (default: fleet.engine of the campaign)',
    )
    .option('--seed <number>', 'seed of every random stream (default: the campaign file, else drawn)')
    .option('--allow-outside', 'let the campaign name files outside its own folder')
    .option('--allow-code', 'let the campaign run code of its own: the modules of custom targets')
    .option('--allow-rate', "let a scenario exceed the campaign's guard.rate");
}

const repeatable = (flags: string, description: string): Option =>
  new Option(flags, `${description} (repeatable)`).argParser(collect).default([], 'none');

const collect = (value: string, earlier: readonly string[]): string[] => [...earlier, value];

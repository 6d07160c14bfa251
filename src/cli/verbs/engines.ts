import type { Command } from 'commander';
import type { EngineOptions } from '../chosen-engine.ts';
import { campaignOptions } from './campaign-options.ts';
import { advertiseOption, listenOption } from './door-options.ts';
import type { VerbContext } from './verb.ts';
import { whichEngine } from './which-engine.ts';

/** `loadcell engines probe`, `list` and `cancel` */
export function addEngines(program: Command, { exitWith }: VerbContext): void {
  const engines = program
    .command('engines')
    .description('what places agents: whether a campaign fits there, and what earlier runs left')
    .addHelpText(
      'after',
      `
Examples:
  loadcell engines probe campaign.yaml
  loadcell engines list --engine slurm
  loadcell engines cancel 20261122T051800Z-nightly-7f3a --engine slurm

docs/engines.md tells what each engine does.`,
    )
    .helpCommand(false);
  campaignOptions(
    engines
      .command('probe')
      .description('what is there, what is missing, whether the campaign fits, and whether an agent can dial in')
      .argument('<campaign.yaml>', 'the campaign file'),
  )
    .addOption(listenOption('127.0.0.1:0'))
    .addOption(advertiseOption())
    .option('--no-dial', 'place no agent to see whether it can dial in')
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      `
Examples:
  loadcell engines probe campaign.yaml
  loadcell engines probe campaign.yaml --engine slurm --set fleet.agents=8 --no-dial

Where the campaign fits, one agent is placed, told the coordinator's address, and ended as soon as it has come: a place for
some seconds, waited for a minute at most. Exits 64 where the campaign cannot be placed or the agent could not dial in, 12
where the engine does not answer.`,
    )
    .action(async (file: string, options) => {
      const { probeEngine } = await import('../engines.ts');
      exitWith(await probeEngine(file, options));
    });
  whichEngine(
    engines.command('list').description('places that runs of this user hold or look for, also runs that died'),
  )
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      `
Examples:
  loadcell engines list --engine slurm
  loadcell engines list --engine kubernetes --namespace bench`,
    )
    .action(async (options: EngineOptions & { json?: boolean }) => {
      const { listPlaces } = await import('../engines.ts');
      await listPlaces(options);
    });
  whichEngine(
    engines
      .command('cancel')
      .description('end what a run holds, also one whose coordinator died')
      .argument('[run]', 'the id of a run, as engines list shows it'),
  )
    .option('--all', 'end what all runs of this user hold, those that are under way too')
    .addHelpText('after', '\nExample:\n  loadcell engines cancel 20261122T051800Z-nightly-7f3a --engine slurm')
    .action(async (run: string | undefined, options: EngineOptions & { all?: boolean }) => {
      const { cancelPlaces } = await import('../engines.ts');
      await cancelPlaces(run, options);
    });
}
